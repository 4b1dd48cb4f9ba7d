-- Access tokens, as hashes only. What changes one counts on auth.token_change in the same transaction, by which every
-- process knows within a moment.
CREATE TABLE auth.token (
    token_id        uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    hash            bytea NOT NULL UNIQUE,
    kind            text NOT NULL CHECK (kind IN ('made', 'login')),
    name            text NOT NULL,
    tenant          text,
    scopes          text[] NOT NULL,
    made_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by         text NOT NULL,
    expires_at      timestamptz,
    revoked_at      timestamptz,
    revoked_by      text,
    last_used_at    timestamptz
);
CREATE UNIQUE INDEX token_name ON auth.token (name) WHERE kind = 'made' AND revoked_at IS NULL;
CREATE INDEX token_good ON auth.token (expires_at) WHERE revoked_at IS NULL;
COMMENT ON TABLE auth.token IS 'Access tokens of programs, and of people who logged in; the tokens themselves are nowhere';
COMMENT ON COLUMN auth.token.hash IS 'SHA-256 of the token, which is 32 random bytes';
COMMENT ON COLUMN auth.token.kind IS 'made by an operator, or given at a login';
COMMENT ON COLUMN auth.token.name IS 'Shown in what is recorded of its bearer: the name it was given, or the user';
COMMENT ON COLUMN auth.token.tenant IS 'The company that its bearer sees; null: the whole installation';
COMMENT ON COLUMN auth.token.last_used_at IS 'Noted about every half minute while it is used';
CREATE TABLE auth.token_change (
    single          boolean PRIMARY KEY DEFAULT true CHECK (single),
    number          bigint NOT NULL DEFAULT 0
);
INSERT INTO auth.token_change DEFAULT VALUES;
COMMENT ON TABLE auth.token_change IS 'How often the good tokens have changed; one row';
