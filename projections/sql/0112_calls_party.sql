CREATE TABLE calls.party (
    call_id text NOT NULL,
    n integer NOT NULL,
    party text NOT NULL,
    "user" text,
    role text,
    talk_seconds double precision NOT NULL,
    held_seconds double precision NOT NULL,
    PRIMARY KEY (call_id, n)
);
CREATE INDEX party_by_party ON calls.party (party);
COMMENT ON TABLE calls.party IS 'Who took part in a call';
