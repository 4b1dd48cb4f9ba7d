CREATE OR REPLACE VIEW cdr.cdr_party AS
SELECT x.call_id, x.n, x.party, x."user", x.role, x.talk_seconds, x.held_seconds, c.queue,
    coalesce(x.party = c.agent, false) AS is_agent, c.ended_at AS call_ended_at, c.outcome, c.quality, c.tenant, c.direction, c.from_party, c.dialled,
    c.started_at AS call_started_at, NOT c.live AS complete, c.version
FROM calls.party x JOIN calls.call c USING (call_id);
COMMENT ON VIEW cdr.cdr_party IS 'One row a participant of a call';
COMMENT ON COLUMN cdr.cdr_party.call_id IS 'The call';
COMMENT ON COLUMN cdr.cdr_party.n IS 'Counts the rows of one call, from 0, in order of time';
COMMENT ON COLUMN cdr.cdr_party.party IS 'An extension, a number, or a service such as queue:support';
COMMENT ON COLUMN cdr.cdr_party."user" IS 'The user, null for people outside and services';
COMMENT ON COLUMN cdr.cdr_party.role IS 'The part it had in the call, for example caller or callee';
COMMENT ON COLUMN cdr.cdr_party.talk_seconds IS 'Seconds in which it talked';
COMMENT ON COLUMN cdr.cdr_party.held_seconds IS 'Seconds in which it was on hold';
COMMENT ON COLUMN cdr.cdr_party.queue IS 'The first queue that the call waited in; null: none';
COMMENT ON COLUMN cdr.cdr_party.is_agent IS 'True if it answered the call out of that queue';
COMMENT ON COLUMN cdr.cdr_party.call_ended_at IS 'When the call ended, UTC; null while live';
COMMENT ON COLUMN cdr.cdr_party.outcome IS 'The outcome of the call';
COMMENT ON COLUMN cdr.cdr_party.quality IS 'The worst quality of the call''s parts';
COMMENT ON COLUMN cdr.cdr_party.tenant IS 'The company whose call it is; null: of none, for operators only';
COMMENT ON COLUMN cdr.cdr_party.direction IS 'internal, inbound or outbound, as the tenant sees it';
COMMENT ON COLUMN cdr.cdr_party.from_party IS 'Who called, an extension or a number';
COMMENT ON COLUMN cdr.cdr_party.dialled IS 'What the caller dialled, before any forward';
COMMENT ON COLUMN cdr.cdr_party.call_started_at IS 'When the call started, UTC';
COMMENT ON COLUMN cdr.cdr_party.complete IS 'False while the call is live: this row may still change';
COMMENT ON COLUMN cdr.cdr_party.version IS 'Version of the call that this row belongs to; grows with each change';
