CREATE TABLE calls.fold_leg (
    leg text PRIMARY KEY,
    call_id text NOT NULL
);
CREATE INDEX fold_leg_by_call ON calls.fold_leg (call_id);
COMMENT ON TABLE calls.fold_leg IS 'Every id that leads to a call: legs, earlier names of legs, merged calls';
