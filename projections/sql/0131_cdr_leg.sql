CREATE OR REPLACE VIEW cdr.cdr_leg AS
SELECT x.call_id, x.n, x.leg_id, x.party, x.role, x.switch, x.created_at, x.answered_at, x.ended_at,
    extract(epoch FROM x.ended_at - x.created_at)::double precision AS seconds, x.cause, x.sip_call_id, c.quality, c.tenant, c.direction, c.from_party, c.dialled,
    c.started_at AS call_started_at, NOT c.live AS complete, c.version
FROM calls.leg x JOIN calls.call c USING (call_id);
COMMENT ON VIEW cdr.cdr_leg IS 'One row a leg: a channel of a switch';
COMMENT ON COLUMN cdr.cdr_leg.call_id IS 'The call';
COMMENT ON COLUMN cdr.cdr_leg.n IS 'Counts the rows of one call, from 0, in order of time';
COMMENT ON COLUMN cdr.cdr_leg.leg_id IS 'The Unique-ID of the channel';
COMMENT ON COLUMN cdr.cdr_leg.party IS 'Whose leg it is';
COMMENT ON COLUMN cdr.cdr_leg.role IS 'The leg''s part in the call, for example caller or callee';
COMMENT ON COLUMN cdr.cdr_leg.switch IS 'The node name of the switch';
COMMENT ON COLUMN cdr.cdr_leg.created_at IS 'When the leg came to be, UTC';
COMMENT ON COLUMN cdr.cdr_leg.answered_at IS 'When the leg was answered, UTC; null: never';
COMMENT ON COLUMN cdr.cdr_leg.ended_at IS 'When the leg ended, UTC; null while it lives';
COMMENT ON COLUMN cdr.cdr_leg.seconds IS 'Seconds from creation to end; null while it lives';
COMMENT ON COLUMN cdr.cdr_leg.cause IS 'The hangup cause of the leg';
COMMENT ON COLUMN cdr.cdr_leg.sip_call_id IS 'The Call-ID in the SIP messages of this leg';
COMMENT ON COLUMN cdr.cdr_leg.quality IS 'The worst quality of the call''s parts';
COMMENT ON COLUMN cdr.cdr_leg.tenant IS 'The company whose call it is; null: of none, for operators only';
COMMENT ON COLUMN cdr.cdr_leg.direction IS 'internal, inbound or outbound, as the tenant sees it';
COMMENT ON COLUMN cdr.cdr_leg.from_party IS 'Who called, an extension or a number';
COMMENT ON COLUMN cdr.cdr_leg.dialled IS 'What the caller dialled, before any forward';
COMMENT ON COLUMN cdr.cdr_leg.call_started_at IS 'When the call started, UTC';
COMMENT ON COLUMN cdr.cdr_leg.complete IS 'False while the call is live: this row may still change';
COMMENT ON COLUMN cdr.cdr_leg.version IS 'Version of the call that this row belongs to; grows with each change';
