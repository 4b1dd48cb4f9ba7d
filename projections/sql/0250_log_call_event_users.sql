-- Whose an event is, by the users that the switch knew, apart from the names and numbers that people show.
ALTER TABLE log.call_event ADD COLUMN users text[] NOT NULL DEFAULT '{}';
UPDATE log.call_event e SET users = u.users
    FROM (
        SELECT c.call_id, array_agg(DISTINCT who ORDER BY who) AS users FROM calls.call c
        CROSS JOIN LATERAL (
            SELECT c.from_user UNION SELECT p."user" FROM calls.party p WHERE p.call_id = c.call_id) AS everybody (who)
        WHERE who IS NOT NULL GROUP BY c.call_id) u
    WHERE u.call_id = coalesce((SELECT a.call_id FROM calls.alias a WHERE a.alias = e.call_id), e.call_id)
        AND e.topic LIKE 'call.%';
UPDATE log.call_event e SET users = ARRAY(SELECT p FROM unnest(e.parties) AS p WHERE p LIKE '%@%')
    WHERE e.topic LIKE 'registration.%' OR e.topic IN ('queue.agent_status', 'queue.agent_state');
COMMENT ON COLUMN log.call_event.users IS 'Every user that had to do with it so far, as the switch knew him; all stand in parties as well';
