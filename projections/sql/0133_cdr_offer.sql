CREATE OR REPLACE VIEW cdr.cdr_offer AS
SELECT x.call_id, x.n, x.to_party, x.started_at, x.ended_at, x.seconds, x.outcome, x.queue,
    coalesce(x.outcome = 'answered', false) AS answered, coalesce(x.outcome IN ('no_answer', 'cancelled'), false) AS missed, c.quality, c.tenant, c.direction, c.from_party, c.dialled,
    c.started_at AS call_started_at, NOT c.live AS complete, c.version
FROM calls.offer x JOIN calls.call c USING (call_id);
COMMENT ON VIEW cdr.cdr_offer IS 'One row an offer: a phone that rang for a call, or should have';
COMMENT ON COLUMN cdr.cdr_offer.call_id IS 'The call';
COMMENT ON COLUMN cdr.cdr_offer.n IS 'Counts the rows of one call, from 0, in order of time';
COMMENT ON COLUMN cdr.cdr_offer.to_party IS 'The party whose phone it was';
COMMENT ON COLUMN cdr.cdr_offer.started_at IS 'When it began to ring, UTC';
COMMENT ON COLUMN cdr.cdr_offer.ended_at IS 'When it stopped, UTC; null while it rings';
COMMENT ON COLUMN cdr.cdr_offer.seconds IS 'How long it rang; null while it rings';
COMMENT ON COLUMN cdr.cdr_offer.outcome IS 'answered, no_answer, busy, rejected, answered_elsewhere, cancelled (the caller gave up), forwarded (the phone redirected), failed (unreachable); null while it rings';
COMMENT ON COLUMN cdr.cdr_offer.queue IS 'The queue that made the offer; null: none';
COMMENT ON COLUMN cdr.cdr_offer.answered IS 'True if this phone answered';
COMMENT ON COLUMN cdr.cdr_offer.missed IS 'True if it rang and nobody answered anywhere then: no_answer or cancelled, not answered_elsewhere';
COMMENT ON COLUMN cdr.cdr_offer.quality IS 'The worst quality of the call''s parts';
COMMENT ON COLUMN cdr.cdr_offer.tenant IS 'The company whose call it is; null: of none, for operators only';
COMMENT ON COLUMN cdr.cdr_offer.direction IS 'internal, inbound or outbound, as the tenant sees it';
COMMENT ON COLUMN cdr.cdr_offer.from_party IS 'Who called, an extension or a number';
COMMENT ON COLUMN cdr.cdr_offer.dialled IS 'What the caller dialled, before any forward';
COMMENT ON COLUMN cdr.cdr_offer.call_started_at IS 'When the call started, UTC';
COMMENT ON COLUMN cdr.cdr_offer.complete IS 'False while the call is live: this row may still change';
COMMENT ON COLUMN cdr.cdr_offer.version IS 'Version of the call that this row belongs to; grows with each change';
