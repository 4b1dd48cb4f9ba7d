CREATE SCHEMA centre;
COMMENT ON SCHEMA centre IS 'The call centre: agents of queues and what they did';
INSERT INTO log.projection (name) VALUES ('centre');
-- What was told of agents, as it was told: the stretches are made of it, also when something comes late.
CREATE TABLE centre.agent_change (
    switch text NOT NULL,
    agent text NOT NULL,
    at timestamptz NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    status text,
    state text,
    leg text,
    queue text,
    PRIMARY KEY (agent, switch, at, version)
);
COMMENT ON TABLE centre.agent_change IS 'Changes of agents, one row an event of a switch that tells one';
CREATE TABLE centre.agent_state (
    switch text NOT NULL,
    agent text NOT NULL,
    tenant text,
    started_at timestamptz NOT NULL,
    version bigint NOT NULL,
    ended_at timestamptz,
    status text,
    state text,
    leg text,
    queue text,
    position bigint NOT NULL,
    ended_position bigint,
    PRIMARY KEY (agent, switch, started_at, version)
);
CREATE INDEX agent_state_lasting ON centre.agent_state (tenant, agent) WHERE ended_at IS NULL;
CREATE INDEX agent_state_by_time ON centre.agent_state (tenant, started_at);
COMMENT ON TABLE centre.agent_state IS 'Stretches of time in which an agent''s status and state stayed as they were';
ALTER TABLE centre.agent_state ENABLE ROW LEVEL SECURITY;
ALTER TABLE centre.agent_change ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_company ON centre.agent_state FOR SELECT USING (tenant = (SELECT auth.company()));
