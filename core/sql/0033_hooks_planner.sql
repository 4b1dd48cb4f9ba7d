-- How far events have been turned into deliveries. Whoever changes what is planned (a page of events, an endpoint, its
-- filter, its state) locks this row first.
CREATE TABLE hooks.planner (
    single          boolean PRIMARY KEY DEFAULT true CHECK (single),
    position        bigint NOT NULL DEFAULT 0,
    key_print       text
);
INSERT INTO hooks.planner DEFAULT VALUES;
COMMENT ON TABLE hooks.planner IS 'How far the call log has been turned into deliveries; one row';
COMMENT ON COLUMN hooks.planner.key_print IS 'By which a master key of another machine is told from the one that the secrets come from';
