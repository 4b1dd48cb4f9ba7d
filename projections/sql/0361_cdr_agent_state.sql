CREATE OR REPLACE VIEW cdr.cdr_agent_state WITH (security_invoker = true) AS
SELECT agent, status, state, started_at, ended_at, extract(epoch FROM ended_at - started_at)::double precision AS seconds,
    queue, leg AS leg_id, switch, tenant, position, ended_position
FROM centre.agent_state;
COMMENT ON VIEW cdr.cdr_agent_state IS 'One row a state of an agent: a stretch of time in which his status and state stayed as they were';
COMMENT ON COLUMN cdr.cdr_agent_state.agent IS 'The agent, as the switch''s queues name him: 1003@alpha.example';
COMMENT ON COLUMN cdr.cdr_agent_state.status IS 'What he set: Available, Available (On Demand), On Break, Logged Out; null: not told yet';
COMMENT ON COLUMN cdr.cdr_agent_state.state IS 'What the queues do with him: Waiting, Receiving, In a queue call, Idle, Reserved; null: not told yet';
COMMENT ON COLUMN cdr.cdr_agent_state.started_at IS 'When it began, by the clock of the switch, UTC';
COMMENT ON COLUMN cdr.cdr_agent_state.ended_at IS 'When it ended, UTC; null while it lasts';
COMMENT ON COLUMN cdr.cdr_agent_state.seconds IS 'How long it was; null while it lasts';
COMMENT ON COLUMN cdr.cdr_agent_state.queue IS 'The queue whose caller is offered to him, or with whom he talks; null: none';
COMMENT ON COLUMN cdr.cdr_agent_state.leg_id IS 'The leg of that caller: cdr_leg.leg_id';
COMMENT ON COLUMN cdr.cdr_agent_state.switch IS 'The node name of the switch';
COMMENT ON COLUMN cdr.cdr_agent_state.tenant IS 'The company of the agent; null: of none, for operators only';
COMMENT ON COLUMN cdr.cdr_agent_state.position IS 'Position in the switch log of the event that began it';
COMMENT ON COLUMN cdr.cdr_agent_state.ended_position IS 'Position in the switch log of the event that ended it; null while it lasts';
