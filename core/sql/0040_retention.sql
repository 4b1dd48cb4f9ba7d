-- What of the switch log has been dropped: no event up to the floor is there any more, but those of calls that lived then.
CREATE TABLE log.retention (
    single      boolean PRIMARY KEY DEFAULT true CHECK (single),
    floor       bigint NOT NULL DEFAULT 0,
    dropped     bigint NOT NULL DEFAULT 0,
    applied_at  timestamptz
);
INSERT INTO log.retention DEFAULT VALUES;
COMMENT ON TABLE log.retention IS 'How far old switch events have been dropped; one row';
COMMENT ON COLUMN log.retention.floor IS 'All events behind this position are there; 0: nothing was ever dropped';
COMMENT ON COLUMN log.retention.dropped IS 'How many events have been dropped in all';
COMMENT ON COLUMN log.retention.applied_at IS 'When was last looked for events to drop';
-- Rows go from the front, a day's worth at a time: their room is used again, which a vacuum at a fifth of the table
-- would begin with weeks later.
ALTER TABLE log.switch_event SET (autovacuum_vacuum_scale_factor = 0.02);
