-- What a call is looked for by: one row for each number and user in it, so that "calls with 1002" is one index range
-- in the order of the list, however the number came to be in the call.
CREATE TABLE calls.search (
    call_id text NOT NULL,
    n integer NOT NULL,
    kind text NOT NULL,
    value text NOT NULL,
    tenant text,
    started_at timestamptz NOT NULL,
    moved boolean NOT NULL,
    PRIMARY KEY (call_id, n)
);
CREATE INDEX search_by_value ON calls.search (value, kind, started_at DESC, call_id DESC);
CREATE INDEX search_by_tenant ON calls.search (tenant, value, kind, started_at DESC, call_id DESC);
CREATE INDEX search_by_moved ON calls.search (value, kind, started_at DESC, call_id DESC) WHERE moved;
COMMENT ON TABLE calls.search IS 'Numbers and users of each call';
COMMENT ON COLUMN calls.search.kind IS 'number or user';
COMMENT ON COLUMN calls.search.moved IS 'Somebody tried to transfer the call';
