-- One life of one switch core (or of one of our own processes that puts events into the log).
-- The number goes into the versions of its events: run << 40 | Event-Sequence.
CREATE TABLE log.switch_run (
    run         integer PRIMARY KEY CHECK (run > 0 AND run < 1 << 22),
    core_uuid   text NOT NULL UNIQUE,
    switch      text NOT NULL,
    first_seen  timestamptz NOT NULL DEFAULT clock_timestamp()
);
