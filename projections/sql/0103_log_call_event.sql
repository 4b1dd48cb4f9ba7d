-- The call log: the library's model (stream, version, topic, state, position) with what its readers filter by beside it.
CREATE TABLE log.call_event (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    originator_id uuid NOT NULL,
    originator_version bigint NOT NULL,
    topic text NOT NULL,
    state bytea NOT NULL,
    event_id text NOT NULL UNIQUE,
    tenant text,
    occurred_at timestamptz NOT NULL,
    caused_position bigint NOT NULL,
    UNIQUE (originator_id, originator_version)
);
CREATE INDEX call_event_tenant ON log.call_event (tenant, position);
COMMENT ON TABLE log.call_event IS 'What happened to calls, in the order in which it was published; rows are only added';
COMMENT ON COLUMN log.call_event.position IS 'Order of publishing; no lower position ever appears behind one that was read';
COMMENT ON COLUMN log.call_event.originator_id IS 'The call as a stream: its id when that is a UUID, else one derived from the text';
COMMENT ON COLUMN log.call_event.originator_version IS 'The how-manieth event of the call this is, from 1';
COMMENT ON COLUMN log.call_event.topic IS 'What happened, for example call.transferred';
COMMENT ON COLUMN log.call_event.state IS 'The event as JSON (UTF-8)';
COMMENT ON COLUMN log.call_event.event_id IS 'The same whenever the same log is folded';
COMMENT ON COLUMN log.call_event.tenant IS 'Whose call it is; null: for operators only';
COMMENT ON COLUMN log.call_event.occurred_at IS 'The switch clock at the event that caused this one';
COMMENT ON COLUMN log.call_event.caused_position IS 'The position in the switch log of the event that caused this one';
