CREATE TABLE calls.transfer (
    call_id text NOT NULL,
    n integer NOT NULL,
    kind text NOT NULL,
    by_party text,
    from_party text,
    to_party text,
    at timestamptz NOT NULL,
    result text,
    PRIMARY KEY (call_id, n)
);
CREATE INDEX transfer_by_time ON calls.transfer (at);
COMMENT ON TABLE calls.transfer IS 'Changes of who talks with whom, and who caused them';
