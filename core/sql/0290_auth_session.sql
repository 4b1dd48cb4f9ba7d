-- Sessions of the page: a token in a cookie that no script reads. One is a person's who signed in with a password, or is
-- made of a token, with which it ends.
ALTER TABLE auth.token DROP CONSTRAINT token_kind_check,
    ADD CONSTRAINT token_kind_check CHECK (kind IN ('made', 'login', 'session'));
ALTER TABLE auth.token ADD COLUMN parent text;
COMMENT ON COLUMN auth.token.kind IS 'made by an operator, given at a login, or of a session of the page';
COMMENT ON COLUMN auth.token.parent IS 'The token that a session was made of, by its id or by the mark of the installation''s own; null: of none';
