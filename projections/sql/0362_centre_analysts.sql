-- Analysts that are there already read the states of agents like the calls.
DO $$
BEGIN
    IF to_regrole('harmony_analyst') IS NOT NULL AND to_regrole('harmony_observer') IS NOT NULL THEN
        GRANT USAGE ON SCHEMA centre TO harmony_analyst, harmony_observer;
        GRANT SELECT ON cdr.cdr_agent_state TO harmony_analyst, harmony_observer;
        PERFORM auth.let_analysts_read_table('centre.agent_state');
    END IF;
END $$;
