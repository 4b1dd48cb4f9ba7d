-- Stays in queues, one row each: a call that overflowed has several, and each has its own wait and outcome.
CREATE TABLE calls.stay (
    call_id text NOT NULL,
    n integer NOT NULL,
    queue text NOT NULL,
    tenant text,
    party text,
    entered_at timestamptz NOT NULL,
    left_at timestamptz,
    waited_seconds double precision,
    outcome text,
    agent text,
    went_to text,
    offers integer NOT NULL,
    quality text NOT NULL,
    PRIMARY KEY (call_id, n)
);
CREATE INDEX stay_by_queue ON calls.stay (tenant, queue, entered_at);
CREATE INDEX stay_lasting ON calls.stay (tenant, queue) WHERE left_at IS NULL;
COMMENT ON TABLE calls.stay IS 'Stays in queues';
ALTER TABLE calls.stay ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_company ON calls.stay FOR SELECT USING (tenant = (SELECT auth.company()));
-- What is known of the calls that are there; how each stay came out is known of those that are folded from now on, and
-- of all after `harmony rebuild calls`.
INSERT INTO calls.stay (call_id, n, queue, tenant, party, entered_at, left_at, waited_seconds, outcome, agent, went_to, offers, quality)
    SELECT s.call_id, row_number() OVER (PARTITION BY s.call_id ORDER BY s.n) - 1, s.queue, c.tenant, s.parties[1], s.started_at,
        s.ended_at, s.seconds, s.detail ->> 'outcome', s.detail ->> 'agent', s.detail ->> 'to', 0, s.quality
    FROM calls.segment s JOIN calls.call c USING (call_id) WHERE s.kind = 'queue' AND s.queue IS NOT NULL;
DO $$
BEGIN
    IF to_regrole('harmony_analyst') IS NOT NULL AND to_regrole('harmony_observer') IS NOT NULL THEN
        PERFORM auth.let_analysts_read_table('calls.stay');
    END IF;
END $$;
