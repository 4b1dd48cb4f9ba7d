CREATE SCHEMA auth;
COMMENT ON SCHEMA auth IS 'Who may ask: access tokens, and which company an analyst belongs to';
