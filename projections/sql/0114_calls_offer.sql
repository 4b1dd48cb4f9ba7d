CREATE TABLE calls.offer (
    call_id text NOT NULL,
    n integer NOT NULL,
    to_party text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    seconds double precision,
    outcome text,
    queue text,
    PRIMARY KEY (call_id, n)
);
CREATE INDEX offer_by_party ON calls.offer (to_party, started_at);
COMMENT ON TABLE calls.offer IS 'Phones that were rung for a call';
COMMENT ON COLUMN calls.offer.queue IS 'The queue that made the offer';
