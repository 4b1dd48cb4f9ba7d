-- Examples of events that somebody asked for, to try a receiver. They are no facts: they stand beside the logs, nothing is
-- derived from them. What is older than an hour is shown to nobody, and removed when the next one is asked for.
CREATE TABLE hooks.test_event (
    number      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant      text,
    type        text NOT NULL,
    made_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
    body        bytea NOT NULL
);
CREATE INDEX test_event_tenant ON hooks.test_event (tenant, number);
COMMENT ON TABLE hooks.test_event IS 'Examples of events that were asked for to try receivers; no facts, kept for an hour';
COMMENT ON COLUMN hooks.test_event.tenant IS 'Whose receivers get it; null: those of the installation alone';
COMMENT ON COLUMN hooks.test_event.body IS 'The CloudEvent, marked as a test';
