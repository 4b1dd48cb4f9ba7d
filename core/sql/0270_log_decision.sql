-- What people decide, as streams of the eventsourcing library: one stream a thing that is decided on, versions from 1, so that
-- of two who decide at once one is told. Rows are only added: what was undone stands there with what undid it.
CREATE TABLE log.decision (
    position bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    tenant text,
    decided_by text NOT NULL,
    decided_at timestamptz NOT NULL,
    PRIMARY KEY (originator_id, originator_version)
);
COMMENT ON TABLE log.decision IS 'What people decided (notes and tags of calls), each with who, when and what was before; rows are only added';
COMMENT ON COLUMN log.decision.position IS 'Order of deciding';
COMMENT ON COLUMN log.decision.originator_id IS 'What was decided on, of one company: derived from both';
COMMENT ON COLUMN log.decision.originator_version IS 'The how-manieth decision on it this is, from 1';
COMMENT ON COLUMN log.decision.topic IS 'What was decided, for example note.added';
COMMENT ON COLUMN log.decision.state IS 'The decision as JSON (UTF-8)';
COMMENT ON COLUMN log.decision.tenant IS 'Whose it is; null: of no company';
COMMENT ON COLUMN log.decision.decided_by IS 'The name of the principal';
COMMENT ON COLUMN log.decision.decided_at IS 'By the clock of the server that took it';
