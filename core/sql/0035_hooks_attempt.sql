CREATE TABLE hooks.attempt (
    delivery_id     bigint NOT NULL REFERENCES hooks.delivery ON DELETE CASCADE,
    number          integer NOT NULL,
    at              timestamptz NOT NULL,
    status          integer,
    ms              integer NOT NULL,
    answer          text,
    error           text,
    PRIMARY KEY (delivery_id, number)
);
COMMENT ON TABLE hooks.attempt IS 'How each attempt to deliver went';
COMMENT ON COLUMN hooks.attempt.status IS 'The HTTP status of the answer; null: there was none';
COMMENT ON COLUMN hooks.attempt.answer IS 'The first 500 characters of the answer';
COMMENT ON COLUMN hooks.attempt.error IS 'Why it failed, in a sentence; null: it was delivered';
