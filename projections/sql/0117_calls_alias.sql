CREATE TABLE calls.alias (
    alias text PRIMARY KEY,
    call_id text NOT NULL,
    position bigint NOT NULL,
    as_of_position bigint NOT NULL
);
CREATE INDEX alias_by_call ON calls.alias (call_id);
CREATE INDEX alias_by_change ON calls.alias (as_of_position);
COMMENT ON TABLE calls.alias IS 'Ids of calls that turned out to be part of another; each names the one that stands now';
COMMENT ON COLUMN calls.alias.position IS 'The position in the switch log of the event that told so';
