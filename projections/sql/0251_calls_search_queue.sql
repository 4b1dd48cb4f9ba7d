-- The queues in which a call waited are looked for as its numbers and users are: all of them, not only the first.
INSERT INTO calls.search (call_id, n, kind, value, tenant, started_at, moved)
    SELECT q.call_id, (SELECT max(n) FROM calls.search o WHERE o.call_id = q.call_id) + row_number() OVER (PARTITION BY q.call_id),
        'queue', q.queue, c.tenant, c.started_at, c.transfers > 0
    FROM (
        SELECT DISTINCT s.call_id, substr(party, 7) AS queue FROM calls.segment s CROSS JOIN LATERAL unnest(s.parties) AS party
        WHERE s.kind = 'queue' AND party LIKE 'queue:%') q
    JOIN calls.call c USING (call_id)
    WHERE NOT EXISTS (SELECT FROM calls.search o WHERE o.call_id = q.call_id AND o.kind = 'queue');
COMMENT ON TABLE calls.search IS 'Numbers, users and queues of each call';
COMMENT ON COLUMN calls.search.kind IS 'number, user or queue';
