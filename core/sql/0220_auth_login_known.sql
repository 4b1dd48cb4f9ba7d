-- From where users logged in, so that strangers who guess at them elsewhere do not keep them out.
CREATE TABLE auth.login_known (
    name        text NOT NULL,
    mark        bytea NOT NULL,
    at          timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (name, mark)
);
COMMENT ON TABLE auth.login_known IS 'Addresses and devices from which users logged in; the newest 20 of each, for 180 days';
COMMENT ON COLUMN auth.login_known.mark IS 'SHA-256 of the address, or of the random number in the device''s cookie';
