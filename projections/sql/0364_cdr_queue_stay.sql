CREATE OR REPLACE VIEW cdr.cdr_queue_stay WITH (security_invoker = true) AS
SELECT s.call_id, s.n, s.queue, s.party, s.entered_at, s.left_at, s.waited_seconds, s.outcome, s.agent, s.went_to, s.offers, s.quality,
    s.tenant, c.direction, c.from_party, c.dialled, c.started_at AS call_started_at, NOT c.live AS complete, c.version
FROM calls.stay s JOIN calls.call c USING (call_id);
COMMENT ON VIEW cdr.cdr_queue_stay IS 'One row a stay in a queue: a call that overflowed has several';
COMMENT ON COLUMN cdr.cdr_queue_stay.call_id IS 'The call';
COMMENT ON COLUMN cdr.cdr_queue_stay.n IS 'Counts the rows of one call, from 0, in order of time';
COMMENT ON COLUMN cdr.cdr_queue_stay.queue IS 'The queue, without its domain';
COMMENT ON COLUMN cdr.cdr_queue_stay.party IS 'Who waited';
COMMENT ON COLUMN cdr.cdr_queue_stay.entered_at IS 'When he entered the queue, UTC';
COMMENT ON COLUMN cdr.cdr_queue_stay.left_at IS 'When he left it: by the answer, or otherwise, UTC; null while he waits';
COMMENT ON COLUMN cdr.cdr_queue_stay.waited_seconds IS 'Seconds from entering to leaving; null while he waits';
COMMENT ON COLUMN cdr.cdr_queue_stay.outcome IS 'answered; taken (somebody fetched him out of the queue); handed_on (who waited put another in his place); abandoned; left_by_key; overflowed (he went on to something else); timeout, no_agent (the queue let him go and the call ended); other; null while he waits';
COMMENT ON COLUMN cdr.cdr_queue_stay.agent IS 'Who answered, or fetched him; null: nobody';
COMMENT ON COLUMN cdr.cdr_queue_stay.went_to IS 'Who took his place, or where he went on to; null: nowhere';
COMMENT ON COLUMN cdr.cdr_queue_stay.offers IS 'How many times a phone was rung for him meanwhile';
COMMENT ON COLUMN cdr.cdr_queue_stay.quality IS 'How its times are known: observed, bounded, inferred or gap';
COMMENT ON COLUMN cdr.cdr_queue_stay.tenant IS 'The company whose call it is; null: of none, for operators only';
COMMENT ON COLUMN cdr.cdr_queue_stay.direction IS 'internal, inbound or outbound, as the tenant sees it';
COMMENT ON COLUMN cdr.cdr_queue_stay.from_party IS 'Who called, an extension or a number';
COMMENT ON COLUMN cdr.cdr_queue_stay.dialled IS 'What the caller dialled, before any forward';
COMMENT ON COLUMN cdr.cdr_queue_stay.call_started_at IS 'When the call started, UTC';
COMMENT ON COLUMN cdr.cdr_queue_stay.complete IS 'False while the call is live: this row may still change';
COMMENT ON COLUMN cdr.cdr_queue_stay.version IS 'Version of the call that this row belongs to; grows with each change';
