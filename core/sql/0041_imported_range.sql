-- Which positions of the switch log came from files: what follows from them has no effect outside.
CREATE TABLE log.imported_range (
    range_id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    first_position  bigint NOT NULL,
    last_position   bigint NOT NULL,
    at              timestamptz NOT NULL DEFAULT clock_timestamp(),
    source          text NOT NULL,
    chain           bytea,
    CHECK (first_position <= last_position)
);
CREATE INDEX imported_range_by_position ON log.imported_range (first_position);
CREATE INDEX imported_range_by_chain ON log.imported_range (chain) WHERE chain IS NOT NULL;
COMMENT ON TABLE log.imported_range IS 'Positions of the switch log whose events were imported, not received; ranges do not overlap';
COMMENT ON COLUMN log.imported_range.source IS 'The file';
COMMENT ON COLUMN log.imported_range.chain IS 'The SHA-256 up to which a file with a chain was verified and stored: where an import goes on';
