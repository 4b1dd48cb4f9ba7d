-- Whom an event of the call log concerns, so that its readers are filtered in the database; and events about other
-- things than calls (queues, phones, switches, commands) in the same log, in the same order.
ALTER TABLE log.call_event
    ADD COLUMN subject text,
    ADD COLUMN call_id text,
    ADD COLUMN direction text,
    ADD COLUMN parties text[] NOT NULL DEFAULT '{}',
    ADD COLUMN queues text[] NOT NULL DEFAULT '{}',
    ADD COLUMN aliases text[] NOT NULL DEFAULT '{}',
    ADD COLUMN published_at timestamptz;

-- What was published before: about calls, all of it. JSON text may hold an escaped NUL, which no column takes.
CREATE TEMPORARY TABLE told ON COMMIT DROP AS
    SELECT t.position, t.caused_position, t.occurred_at, coalesce(a.call_id, t.call_id) AS standing, t.call_id
    FROM (
        SELECT position, caused_position, occurred_at, regexp_replace(
            convert_from(state, 'UTF8'), '(?<!\\)((?:\\\\)*)\\u0000', '\1' || chr(65533), 'g')::json ->> 'call_id' AS call_id
        FROM log.call_event) t
    LEFT JOIN calls.alias a ON a.alias = t.call_id;
CREATE TEMPORARY TABLE concerned ON COMMIT DROP AS
    SELECT c.call_id, c.direction,
        (SELECT coalesce(array_agg(DISTINCT who), '{}') FROM (
            SELECT p.party FROM calls.party p WHERE p.call_id = c.call_id
            UNION SELECT p."user" FROM calls.party p WHERE p.call_id = c.call_id
            UNION VALUES (c.from_party), (c.from_user)) AS everybody (who) WHERE who IS NOT NULL) AS parties,
        (SELECT coalesce(array_agg(DISTINCT name), '{}') FROM (
            SELECT s.queue FROM calls.segment s WHERE s.call_id = c.call_id
            UNION SELECT s.queue || '@' || c.tenant FROM calls.segment s WHERE s.call_id = c.call_id) AS every (name)
            WHERE name IS NOT NULL) AS queues,
        (SELECT coalesce(array_agg(a.alias), '{}') FROM calls.alias a WHERE a.call_id = c.call_id) AS aliases
    FROM calls.call c;
UPDATE log.call_event e
    SET subject = t.call_id, call_id = t.call_id, direction = c.direction, parties = coalesce(c.parties, '{}'),
        queues = coalesce(c.queues, '{}'),
        aliases = CASE WHEN t.call_id = c.call_id THEN coalesce(c.aliases, '{}') ELSE '{}' END
    FROM told t LEFT JOIN concerned c ON c.call_id = t.standing
    WHERE e.position = t.position;
-- When they were published was not kept; it was soon after the event that caused them was stored.
UPDATE log.call_event e SET published_at = w.instant
    FROM (
        SELECT t.position, max(coalesce(s.stored_at, t.occurred_at)) OVER (ORDER BY t.position) AS instant
        FROM told t LEFT JOIN log.switch_event s ON s.position = t.caused_position) w
    WHERE e.position = w.position;

ALTER TABLE log.call_event
    ALTER COLUMN subject SET NOT NULL,
    ALTER COLUMN published_at SET NOT NULL,
    ALTER COLUMN published_at SET DEFAULT clock_timestamp();

CREATE INDEX call_event_of_call ON log.call_event (call_id, position) WHERE call_id IS NOT NULL;
CREATE INDEX call_event_by_alias ON log.call_event USING gin (aliases) WHERE aliases <> '{}';
CREATE INDEX call_event_by_party ON log.call_event USING gin (parties);
CREATE INDEX call_event_by_queue ON log.call_event USING gin (queues) WHERE queues <> '{}';

COMMENT ON TABLE log.call_event IS 'What happened to calls, queues, phones, switches and commands, in the order in which it was published; rows are only added';
COMMENT ON COLUMN log.call_event.originator_id IS 'The subject as a stream: its id when that is a UUID, else one derived from the text';
COMMENT ON COLUMN log.call_event.originator_version IS 'The how-manieth event of its stream this is, from 1';
COMMENT ON COLUMN log.call_event.tenant IS 'Whose event it is; null: for operators only';
COMMENT ON COLUMN log.call_event.subject IS 'What the event is about: the id of a call or command, the name of a queue, user or switch';
COMMENT ON COLUMN log.call_event.call_id IS 'The call as it was named when this was published; null: about no call';
COMMENT ON COLUMN log.call_event.direction IS 'The direction of the call; null: about no call';
COMMENT ON COLUMN log.call_event.parties IS 'Every party and user that had to do with it so far, with and without domain';
COMMENT ON COLUMN log.call_event.queues IS 'Every queue that had to do with it so far, with and without domain';
COMMENT ON COLUMN log.call_event.aliases IS 'Ids of calls that had been merged into this one when this was published';
COMMENT ON COLUMN log.call_event.published_at IS 'By the clock of the database';
