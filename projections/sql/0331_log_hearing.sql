-- When switches were not heard, or not all of what they said: what was not told then may have happened all the same.
CREATE TABLE log.hearing (
    switch text NOT NULL,
    position bigint NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    as_of_position bigint NOT NULL,
    PRIMARY KEY (switch, position)
);
CREATE INDEX hearing_by_change ON log.hearing (as_of_position);
COMMENT ON TABLE log.hearing IS 'Breaks in what is heard of each switch: joined, lost, a gap, an overflow';
COMMENT ON COLUMN log.hearing.switch IS 'Which switch';
COMMENT ON COLUMN log.hearing.position IS 'The position in the switch log of the event that told it';
COMMENT ON COLUMN log.hearing.kind IS 'switch.link_up, switch.link_down, switch.gap or switch.overflow';
COMMENT ON COLUMN log.hearing.at IS 'When it was told, by the clock of the bridge';
COMMENT ON COLUMN log.hearing.as_of_position IS 'The position of the projection when it wrote this row';
-- What was published before.
INSERT INTO log.hearing (switch, position, kind, at, as_of_position)
    SELECT DISTINCT ON (subject, caused_position) subject, caused_position, topic, occurred_at, caused_position
    FROM log.call_event WHERE topic IN ('switch.link_up', 'switch.link_down', 'switch.gap', 'switch.overflow');
