-- Who is told: an address, the events it wants, whether it is told now.
CREATE TABLE hooks.endpoint (
    endpoint_id     uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    tenant          text,
    url             text NOT NULL,
    description     text NOT NULL DEFAULT '',
    types           text[] NOT NULL DEFAULT '{}',
    call            text,
    party           text,
    queue           text,
    direction       text,
    state           text NOT NULL DEFAULT 'enabled' CHECK (state IN ('enabled', 'disabled')),
    reason          text,
    behind          bigint,
    failing_since   timestamptz,
    made_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_at      timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX endpoint_tenant ON hooks.endpoint (tenant, made_at);
COMMENT ON TABLE hooks.endpoint IS 'Who is told of events: an address, its filter, and whether it is told now';
COMMENT ON COLUMN hooks.endpoint.tenant IS 'Whose it is, and whose events it gets; null: of the installation, and all events';
COMMENT ON COLUMN hooks.endpoint.types IS 'Exact types or prefixes such as call.*; none: all';
COMMENT ON COLUMN hooks.endpoint.reason IS 'Why it is disabled';
COMMENT ON COLUMN hooks.endpoint.behind IS 'The position of the call log behind which its deliveries are still to be planned, by itself; null: it is planned with all others (hooks.planner)';
COMMENT ON COLUMN hooks.endpoint.failing_since IS 'The first failure since the last success';
