-- Commands to switches: written as intent before anything is sent, and what became of them. One row a command.
-- Its events are in log.switch_event (harmony::command_requested, harmony::command_completed), written with it.
CREATE TABLE log.command (
    command_id      uuid PRIMARY KEY,
    number          bigint GENERATED ALWAYS AS IDENTITY,   -- in which order they were asked for
    switch          text NOT NULL,
    kind            text NOT NULL,
    asked           jsonb NOT NULL,                        -- core/commands/orders.py
    leg             text,
    tenant          text,
    by              text NOT NULL,
    call_id         text,
    idempotency_key text,
    bearer          text NOT NULL,                         -- whose key that is
    fingerprint     bytea NOT NULL,                        -- of what was asked: one key, one question
    state           text NOT NULL DEFAULT 'requested' CHECK (state IN ('requested', 'sending', 'sent', 'completed')),
    result          text CHECK (result IN ('ok', 'failed', 'expired', 'unknown')),
    said            text,
    job             text,                                  -- the switch's number for it
    new_leg         text,
    requested_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    deadline        timestamptz NOT NULL,
    claimed_at      timestamptz,
    sent_at         timestamptz,
    completed_at    timestamptz,
    CHECK ((state = 'completed') = (result IS NOT NULL)),
    CHECK ((state = 'completed') = (completed_at IS NOT NULL))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
-- A key is its bearer's own.
CREATE UNIQUE INDEX command_key ON log.command (bearer, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX command_waiting ON log.command (number) WHERE state <> 'completed';
CREATE INDEX command_by_call ON log.command (call_id, number) WHERE call_id IS NOT NULL;
-- For the figures: how many came out how.
CREATE INDEX command_by_result ON log.command (kind, result) WHERE result IS NOT NULL;
