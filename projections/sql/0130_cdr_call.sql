CREATE OR REPLACE VIEW cdr.cdr_call AS
SELECT call_id, tenant, direction, from_party, from_number, from_name, from_user, dialled, state, outcome,
    answered, answered_by, last_party, queue, agent, started_at, answered_at, ended_at, duration_seconds,
    ring_seconds, waited_seconds, talk_seconds, held_seconds, offered, transfers, transferred, forwarded,
    picked_up, parked, conference, hangup_by, hangup_cause, hangup_sip_status, NOT live AS complete, quality,
    version, first_position, last_position
FROM calls.call;
COMMENT ON VIEW cdr.cdr_call IS 'One row a call: what people ask first, without a join';
COMMENT ON COLUMN cdr.cdr_call.call_id IS 'The id of the call; stays the same when the log is folded again';
COMMENT ON COLUMN cdr.cdr_call.tenant IS 'The company whose call it is; null: of none, for operators only';
COMMENT ON COLUMN cdr.cdr_call.direction IS 'internal, inbound or outbound, as the tenant sees it';
COMMENT ON COLUMN cdr.cdr_call.from_party IS 'First party: who called, an extension or a number';
COMMENT ON COLUMN cdr.cdr_call.from_number IS 'The number that the caller showed';
COMMENT ON COLUMN cdr.cdr_call.from_name IS 'The name that the caller showed';
COMMENT ON COLUMN cdr.cdr_call.from_user IS 'The user who called; null for people outside';
COMMENT ON COLUMN cdr.cdr_call.dialled IS 'What the caller dialled, before any forward';
COMMENT ON COLUMN cdr.cdr_call.state IS 'complete, or what a live call does now: ringing, talking, held, queued, parked, ivr, voicemail, conference';
COMMENT ON COLUMN cdr.cdr_call.outcome IS 'answered, no_answer, busy, rejected, cancelled, failed, voicemail, abandoned (the caller left a queue or ivr), unserved (the switch ended it there); null while open';
COMMENT ON COLUMN cdr.cdr_call.answered IS 'True if a person or a conference answered; voicemail, ivr and queue music do not count';
COMMENT ON COLUMN cdr.cdr_call.answered_by IS 'The first party that the caller talked to';
COMMENT ON COLUMN cdr.cdr_call.last_party IS 'The last party that the caller, or who took over, talked to: differs from answered_by after a transfer';
COMMENT ON COLUMN cdr.cdr_call.queue IS 'The first queue that the call waited in; null: none';
COMMENT ON COLUMN cdr.cdr_call.agent IS 'Who answered the call out of that queue; null: nobody, or no queue';
COMMENT ON COLUMN cdr.cdr_call.started_at IS 'When the first leg came to be, UTC';
COMMENT ON COLUMN cdr.cdr_call.answered_at IS 'When a person first answered, UTC';
COMMENT ON COLUMN cdr.cdr_call.ended_at IS 'When the last leg ended, UTC; null while live';
COMMENT ON COLUMN cdr.cdr_call.duration_seconds IS 'Seconds from start to end; null while live';
COMMENT ON COLUMN cdr.cdr_call.ring_seconds IS 'Seconds from the first offer to the first answer, or to the end of the last offer; null: nobody was rung, or all still ring';
COMMENT ON COLUMN cdr.cdr_call.waited_seconds IS 'Seconds in queues, from entering to the agent''s answer or to leaving, all queues of the call together; null: no queue';
COMMENT ON COLUMN cdr.cdr_call.talk_seconds IS 'Seconds in which the caller, or who took over, talked with somebody';
COMMENT ON COLUMN cdr.cdr_call.held_seconds IS 'Seconds in which somebody of the call was on hold';
COMMENT ON COLUMN cdr.cdr_call.offered IS 'How many times a phone was rung, rounds of a queue or a ring group counted each';
COMMENT ON COLUMN cdr.cdr_call.transfers IS 'How many transfers were tried (blind, attended, semi_attended, command), whatever came of them';
COMMENT ON COLUMN cdr.cdr_call.transferred IS 'True if at least one of them was completed';
COMMENT ON COLUMN cdr.cdr_call.forwarded IS 'True if a phone or a rule forwarded the call';
COMMENT ON COLUMN cdr.cdr_call.picked_up IS 'True if another phone picked the call up';
COMMENT ON COLUMN cdr.cdr_call.parked IS 'True if the call was parked';
COMMENT ON COLUMN cdr.cdr_call.conference IS 'The first conference room that the call was in; null: none';
COMMENT ON COLUMN cdr.cdr_call.hangup_by IS 'The party that hung up, or switch; null: not known';
COMMENT ON COLUMN cdr.cdr_call.hangup_cause IS 'The cause as the switch names it, for example NORMAL_CLEARING';
COMMENT ON COLUMN cdr.cdr_call.hangup_sip_status IS 'The SIP status that ended the call, if one did';
COMMENT ON COLUMN cdr.cdr_call.complete IS 'False while the call is live: times and outcome may still change';
COMMENT ON COLUMN cdr.cdr_call.quality IS 'The worst of the call''s parts: observed, bounded (times lie within known limits), inferred (an end was not seen), gap (events are missing)';
COMMENT ON COLUMN cdr.cdr_call.version IS 'Grows with each change of the call';
COMMENT ON COLUMN cdr.cdr_call.first_position IS 'Position in the switch log of the first event of this call';
COMMENT ON COLUMN cdr.cdr_call.last_position IS 'Position in the switch log of the last event that this row is made of';
