-- One event to one endpoint, until it is delivered or given up. A claim is a row of hooks.sender that still lives.
CREATE TABLE hooks.delivery (
    delivery_id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    endpoint_id     uuid NOT NULL REFERENCES hooks.endpoint ON DELETE CASCADE,
    kind            text NOT NULL DEFAULT 'event' CHECK (kind IN ('event', 'resend', 'test')),
    event_id        text NOT NULL,
    position        bigint,
    type            text NOT NULL,
    subject         text NOT NULL,
    merged          text[] NOT NULL DEFAULT '{}',
    blocked         boolean NOT NULL DEFAULT false,
    state           text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'delivered', 'dead')),
    attempts        integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    claimed_by      integer,
    planned_at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    ended_at        timestamptz,
    CHECK ((state = 'pending') = (ended_at IS NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
CREATE UNIQUE INDEX delivery_once ON hooks.delivery (endpoint_id, event_id) WHERE kind = 'event';
CREATE INDEX delivery_due ON hooks.delivery (endpoint_id, next_attempt_at, delivery_id) WHERE state = 'pending' AND NOT blocked;
CREATE INDEX delivery_order ON hooks.delivery (endpoint_id, subject, delivery_id) WHERE state = 'pending';
CREATE INDEX delivery_merged ON hooks.delivery (endpoint_id) WHERE state = 'pending' AND merged <> '{}';
CREATE INDEX delivery_claimed ON hooks.delivery (claimed_by) WHERE claimed_by IS NOT NULL;
CREATE INDEX delivery_listed ON hooks.delivery (endpoint_id, delivery_id);
CREATE INDEX delivery_dead ON hooks.delivery (endpoint_id) WHERE state = 'dead';
CREATE INDEX delivery_ended ON hooks.delivery (ended_at) WHERE ended_at IS NOT NULL;
COMMENT ON TABLE hooks.delivery IS 'One event to one endpoint, and what became of it';
COMMENT ON COLUMN hooks.delivery.position IS 'The event in log.call_event; null: a test event, which is in no log';
COMMENT ON COLUMN hooks.delivery.subject IS 'What the event is about: of one subject and endpoint, a later delivery waits for the earlier ones';
COMMENT ON COLUMN hooks.delivery.merged IS 'Subjects that had become part of this one: their earlier deliveries are waited for as well';
COMMENT ON COLUMN hooks.delivery.blocked IS 'An earlier delivery of its subject is pending: nobody needs to look at this one';
COMMENT ON COLUMN hooks.delivery.next_attempt_at IS 'When it is due; while it is claimed: when the claim expires';
COMMENT ON COLUMN hooks.delivery.claimed_by IS 'The sender that has it in hand, which holds an advisory lock of this number while it lives';
