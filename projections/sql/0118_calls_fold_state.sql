CREATE TABLE calls.fold_state (
    call_id text PRIMARY KEY,
    state bytea NOT NULL,
    live boolean NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);
-- Compressed by the runner.
ALTER TABLE calls.fold_state ALTER COLUMN state SET STORAGE EXTERNAL;
CREATE INDEX fold_state_live ON calls.fold_state (call_id) WHERE live;
COMMENT ON TABLE calls.fold_state IS 'What the fold needs to go on with a call, zstd; only the fold can read it';
COMMENT ON COLUMN calls.fold_state.live IS 'Its end has not been seen: the fold needs it in memory from the start';
