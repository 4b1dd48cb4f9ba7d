CREATE TABLE calls.call (
    call_id text PRIMARY KEY,
    tenant text,
    direction text NOT NULL,
    from_party text,
    from_number text,
    from_name text,
    from_user text,
    dialled text,
    state text NOT NULL,
    answered boolean NOT NULL,
    outcome text,
    answered_by text,
    last_party text,
    queue text,
    agent text,
    started_at timestamptz NOT NULL,
    answered_at timestamptz,
    ended_at timestamptz,
    duration_seconds double precision,
    ring_seconds double precision,
    waited_seconds double precision,
    talk_seconds double precision NOT NULL,
    held_seconds double precision NOT NULL,
    offered integer NOT NULL,
    transfers integer NOT NULL,
    transferred boolean NOT NULL,
    forwarded boolean NOT NULL,
    picked_up boolean NOT NULL,
    parked boolean NOT NULL,
    conference text,
    hangup_by text,
    hangup_cause text,
    hangup_sip_status integer,
    quality text NOT NULL,
    version bigint NOT NULL,
    first_position bigint NOT NULL,
    last_position bigint NOT NULL,
    as_of_position bigint NOT NULL,
    live boolean NOT NULL,
    document json NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05, autovacuum_analyze_scale_factor = 0.02);

-- Lists are read newest first, a page at a time, by the key (started_at, call_id); each index serves one filter in that order.
CREATE INDEX call_by_start ON calls.call (started_at DESC, call_id DESC);
CREATE INDEX call_by_tenant ON calls.call (tenant, started_at DESC, call_id DESC);
CREATE INDEX call_by_tenant_outcome ON calls.call (tenant, outcome, started_at DESC, call_id DESC);
CREATE INDEX call_by_outcome ON calls.call (outcome, started_at DESC, call_id DESC);
CREATE INDEX call_by_direction ON calls.call (direction, started_at DESC, call_id DESC);
CREATE INDEX call_by_queue ON calls.call (queue, started_at DESC, call_id DESC) WHERE queue IS NOT NULL;
CREATE INDEX call_by_tenant_queue ON calls.call (tenant, queue, started_at DESC, call_id DESC) WHERE queue IS NOT NULL;
CREATE INDEX call_by_tenant_transfer ON calls.call (tenant, started_at DESC, call_id DESC) WHERE transfers > 0;
CREATE INDEX call_by_transfer ON calls.call (started_at DESC, call_id DESC) WHERE transfers > 0;
CREATE INDEX call_by_duration ON calls.call (duration_seconds);
CREATE INDEX call_live ON calls.call (started_at DESC, call_id DESC) WHERE live;
CREATE INDEX call_by_change ON calls.call (as_of_position);
COMMENT ON TABLE calls.call IS 'One row a call, live and finished ones alike';
COMMENT ON COLUMN calls.call.as_of_position IS 'The position of the projection when it last wrote this row: the cursor of the live feed';
COMMENT ON COLUMN calls.call.document IS 'The call document, as exported';
