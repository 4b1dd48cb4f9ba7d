-- What the running processes say about themselves, a row each, written again every second: links, counters, positions.
-- A row that is not renewed is a process that is gone or stuck; readers say so. Nothing is derived from this table.
CREATE TABLE log.service (
    name        text PRIMARY KEY,         -- 'bridge harmony@host', 'projection calls'
    part        text NOT NULL,            -- bridge, projection
    host        text NOT NULL,
    pid         integer NOT NULL,
    started_at  timestamptz NOT NULL,
    updated_at  timestamptz NOT NULL,
    stopped     boolean NOT NULL DEFAULT false,
    status      jsonb NOT NULL
) WITH (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
