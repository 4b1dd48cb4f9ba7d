CREATE TABLE calls.segment (
    call_id text NOT NULL,
    n integer NOT NULL,
    kind text NOT NULL,
    parties text[] NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    seconds double precision,
    queue text,
    quality text NOT NULL,
    detail json NOT NULL,
    PRIMARY KEY (call_id, n)
);
CREATE INDEX segment_by_kind ON calls.segment (kind, started_at);
COMMENT ON TABLE calls.segment IS 'Stretches of time of a call in which one thing was the case';
COMMENT ON COLUMN calls.segment.queue IS 'The queue through which the call had come when the segment began';
