-- Places that one session holds for as long as it lives: that of the active projection, of a rebuild, of each sender of
-- webhooks. Whoever may not write here can neither take one nor keep anybody from one (with advisory locks he could).
CREATE TABLE log.place (
    name        text PRIMARY KEY,
    pid         integer NOT NULL,
    began       timestamptz NOT NULL,
    taken_at    timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE log.place IS 'Which session holds which place; one that has ended holds none, whatever stands here';
COMMENT ON COLUMN log.place.name IS 'projection calls, rebuild calls, webhook sender N';
COMMENT ON COLUMN log.place.pid IS 'The process of the session in the database server';
COMMENT ON COLUMN log.place.began IS 'When that session began: process numbers are used again';
CREATE VIEW log.place_held AS
    SELECT p.* FROM log.place p JOIN pg_stat_activity a ON a.pid = p.pid AND a.backend_start = p.began;
COMMENT ON VIEW log.place_held IS 'The places whose sessions live';
