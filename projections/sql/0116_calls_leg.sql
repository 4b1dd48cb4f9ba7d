CREATE TABLE calls.leg (
    call_id text NOT NULL,
    n integer NOT NULL,
    leg_id text NOT NULL,
    party text,
    role text,
    switch text,
    created_at timestamptz,
    answered_at timestamptz,
    ended_at timestamptz,
    cause text,
    sip_call_id text,
    PRIMARY KEY (call_id, n)
);
CREATE INDEX leg_by_leg_id ON calls.leg (leg_id);
CREATE INDEX leg_by_sip_call_id ON calls.leg (sip_call_id);
COMMENT ON TABLE calls.leg IS 'Channels of switches that make a call';
