CREATE TABLE log.projection (
    name text PRIMARY KEY,
    position bigint NOT NULL DEFAULT 0,
    generation integer NOT NULL DEFAULT 1,
    updated_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE log.projection IS 'How far each projection has folded the switch log; one row a projection';
COMMENT ON COLUMN log.projection.position IS 'All events up to and including this position of the switch log are in the read models';
COMMENT ON COLUMN log.projection.generation IS 'Counts rebuilds; whoever keeps something in memory starts again when it changes';
COMMENT ON COLUMN log.projection.updated_at IS 'When a page was last committed';
INSERT INTO log.projection (name) VALUES ('calls');
