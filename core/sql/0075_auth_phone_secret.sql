-- The secrets in the addresses by which phones fetch their settings, as hashes only. The schema is made where access
-- tokens are (0070); here too, so that neither depends on the other's being there first.
CREATE SCHEMA IF NOT EXISTS auth;
CREATE TABLE auth.phone_secret (
    hash        bytea PRIMARY KEY,
    mac         text NOT NULL,
    tenant      text NOT NULL,
    parent      bytea,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by     text NOT NULL,
    expires_at  timestamptz NOT NULL,
    used_at     timestamptz
);
CREATE INDEX phone_secret_by_mac ON auth.phone_secret (mac);
COMMENT ON TABLE auth.phone_secret IS 'Secrets in the addresses of phones; the secrets themselves are nowhere';
COMMENT ON COLUMN auth.phone_secret.hash IS 'SHA-256 of the secret, which is 32 random bytes';
COMMENT ON COLUMN auth.phone_secret.mac IS 'The one phone that it is for';
COMMENT ON COLUMN auth.phone_secret.parent IS 'The secret with which it was fetched; null: an operator made it';
COMMENT ON COLUMN auth.phone_secret.used_at IS 'When it was used first; it works for ten minutes from then';
