-- Which generations of its secret sign the messages to an endpoint. The secrets themselves are nowhere: each is derived
-- from the master key in the data directory, the endpoint's id and the generation.
CREATE TABLE hooks.secret (
    endpoint_id     uuid NOT NULL REFERENCES hooks.endpoint ON DELETE CASCADE,
    generation      integer NOT NULL CHECK (generation > 0),
    made_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    until           timestamptz,
    PRIMARY KEY (endpoint_id, generation)
);
COMMENT ON TABLE hooks.secret IS 'Generations of secrets that sign; the secrets themselves are derived from the master key in the data directory';
COMMENT ON COLUMN hooks.secret.until IS 'Until when an old one signs too; null: the present one';
