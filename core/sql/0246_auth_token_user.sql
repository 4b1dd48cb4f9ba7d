-- Whose a token is. What a person may do is looked up in the registry each time, so that a role that is taken counts at
-- once. A token of nobody is for all of its company, or of the installation.
ALTER TABLE auth.token ADD COLUMN "user" text, ADD COLUMN role text
    CHECK (role IN ('user', 'supervisor', 'company-admin', 'operator'));
UPDATE auth.token SET "user" = name WHERE kind = 'login';
UPDATE auth.token_change SET number = number + 1;
COMMENT ON COLUMN auth.token."user" IS 'The user who its bearer is, 1001@alpha.example; null: nobody';
COMMENT ON COLUMN auth.token.role IS 'What its bearer is at most; null: what the registry says';
