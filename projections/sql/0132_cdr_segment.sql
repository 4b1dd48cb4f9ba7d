CREATE OR REPLACE VIEW cdr.cdr_segment AS
SELECT x.call_id, x.n, x.kind, x.parties, x.started_at, x.ended_at, x.seconds, x.queue,
    CASE WHEN x.queue IS NOT NULL THEN c.agent END AS agent, x.quality, x.detail, c.tenant, c.direction, c.from_party, c.dialled,
    c.started_at AS call_started_at, NOT c.live AS complete, c.version
FROM calls.segment x JOIN calls.call c USING (call_id);
COMMENT ON VIEW cdr.cdr_segment IS 'One row a segment: a stretch of time of a call in which one thing was the case';
COMMENT ON COLUMN cdr.cdr_segment.call_id IS 'The call';
COMMENT ON COLUMN cdr.cdr_segment.n IS 'Counts the rows of one call, from 0, in order of time';
COMMENT ON COLUMN cdr.cdr_segment.kind IS 'ring, early_media, ivr, queue, talk, consult, hold, park, conference, voicemail, announcement, monitor or record';
COMMENT ON COLUMN cdr.cdr_segment.parties IS 'Who was part of it; for a hold, who was held';
COMMENT ON COLUMN cdr.cdr_segment.started_at IS 'When it began, UTC';
COMMENT ON COLUMN cdr.cdr_segment.ended_at IS 'When it ended, UTC; null while it lasts';
COMMENT ON COLUMN cdr.cdr_segment.seconds IS 'How long it was; null while it lasts';
COMMENT ON COLUMN cdr.cdr_segment.queue IS 'The queue itself, or the one through which the call had come by then; null: none';
COMMENT ON COLUMN cdr.cdr_segment.agent IS 'Who answered the call out of its first queue, on segments behind a queue; null: nobody, or no queue';
COMMENT ON COLUMN cdr.cdr_segment.quality IS 'How its times are known: observed, bounded, inferred or gap';
COMMENT ON COLUMN cdr.cdr_segment.detail IS 'More about it as JSON: who pressed hold, the room, the lot, the file';
COMMENT ON COLUMN cdr.cdr_segment.tenant IS 'The company whose call it is; null: of none, for operators only';
COMMENT ON COLUMN cdr.cdr_segment.direction IS 'internal, inbound or outbound, as the tenant sees it';
COMMENT ON COLUMN cdr.cdr_segment.from_party IS 'Who called, an extension or a number';
COMMENT ON COLUMN cdr.cdr_segment.dialled IS 'What the caller dialled, before any forward';
COMMENT ON COLUMN cdr.cdr_segment.call_started_at IS 'When the call started, UTC';
COMMENT ON COLUMN cdr.cdr_segment.complete IS 'False while the call is live: this row may still change';
COMMENT ON COLUMN cdr.cdr_segment.version IS 'Version of the call that this row belongs to; grows with each change';
