CREATE OR REPLACE VIEW cdr.cdr_transfer AS
SELECT x.call_id, x.n, x.kind, x.by_party, x.from_party AS transferee, x.to_party, x.at, x.result,
    coalesce(x.result = 'completed', false) AS completed, c.queue, c.quality, c.tenant, c.direction, c.from_party, c.dialled,
    c.started_at AS call_started_at, NOT c.live AS complete, c.version
FROM calls.transfer x JOIN calls.call c USING (call_id);
COMMENT ON VIEW cdr.cdr_transfer IS 'One row a transfer: a change of who talks with whom, and who caused it';
COMMENT ON COLUMN cdr.cdr_transfer.call_id IS 'The call';
COMMENT ON COLUMN cdr.cdr_transfer.n IS 'Counts the rows of one call, from 0, in order of time';
COMMENT ON COLUMN cdr.cdr_transfer.kind IS 'blind, attended, semi_attended, forward, pickup, park, retrieve, park_return or command';
COMMENT ON COLUMN cdr.cdr_transfer.by_party IS 'The person or rule that caused it';
COMMENT ON COLUMN cdr.cdr_transfer.transferee IS 'Who was moved';
COMMENT ON COLUMN cdr.cdr_transfer.to_party IS 'Where to';
COMMENT ON COLUMN cdr.cdr_transfer.at IS 'When, UTC';
COMMENT ON COLUMN cdr.cdr_transfer.result IS 'completed, failed or returned; null while open';
COMMENT ON COLUMN cdr.cdr_transfer.completed IS 'True if the result is completed';
COMMENT ON COLUMN cdr.cdr_transfer.queue IS 'The first queue that the call waited in; null: none';
COMMENT ON COLUMN cdr.cdr_transfer.quality IS 'The worst quality of the call''s parts';
COMMENT ON COLUMN cdr.cdr_transfer.tenant IS 'The company whose call it is; null: of none, for operators only';
COMMENT ON COLUMN cdr.cdr_transfer.direction IS 'internal, inbound or outbound, as the tenant sees it';
COMMENT ON COLUMN cdr.cdr_transfer.from_party IS 'Who called, an extension or a number';
COMMENT ON COLUMN cdr.cdr_transfer.dialled IS 'What the caller dialled, before any forward';
COMMENT ON COLUMN cdr.cdr_transfer.call_started_at IS 'When the call started, UTC';
COMMENT ON COLUMN cdr.cdr_transfer.complete IS 'False while the call is live: this row may still change';
COMMENT ON COLUMN cdr.cdr_transfer.version IS 'Version of the call that this row belongs to; grows with each change';
