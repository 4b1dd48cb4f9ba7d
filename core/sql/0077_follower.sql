-- How far those who act on events, once each, have come in the switch log.
CREATE TABLE log.follower (
    name        text PRIMARY KEY,
    position    bigint NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE log.follower IS 'How far each part that acts on events of the switch log has come; one row a part';
COMMENT ON COLUMN log.follower.position IS 'All events up to and including this position were acted on, or were not for it';
