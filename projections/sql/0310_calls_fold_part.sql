-- What a long call has lived through is kept in parts that are written once, so that one more event of it rewrites only
-- what came last (fold_state).
CREATE TABLE calls.fold_part (
    call_id text NOT NULL,
    n integer NOT NULL,
    part bytea NOT NULL,
    PRIMARY KEY (call_id, n)
) WITH (autovacuum_vacuum_scale_factor = 0.05);
-- Compressed by the runner.
ALTER TABLE calls.fold_part ALTER COLUMN part SET STORAGE EXTERNAL;
ALTER TABLE calls.fold_part ENABLE ROW LEVEL SECURITY;
COMMENT ON TABLE calls.fold_part IS 'The earlier parts of the state of a long call, in order: with its row of fold_state they are the whole';
