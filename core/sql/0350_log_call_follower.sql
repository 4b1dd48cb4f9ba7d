-- How far those who act on events of the call log have come, once each and outside the database.
CREATE TABLE log.call_follower (
    name        text PRIMARY KEY,
    position    bigint NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE log.call_follower IS 'How far each part that acts on events of the call log has come; one row a part';
COMMENT ON COLUMN log.call_follower.position IS 'All events up to and including this position were acted on, or were not for it';
