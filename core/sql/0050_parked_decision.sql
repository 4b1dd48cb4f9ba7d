-- What became of a parked event: it waits until it is used after all (retried) or somebody decides to do without (skipped).
ALTER TABLE log.parked_event
    ADD COLUMN state          text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'retried', 'skipped')),
    ADD COLUMN attempts       integer NOT NULL DEFAULT 0,   -- how often it was retried
    ADD COLUMN tried_at       timestamptz,                  -- when last
    ADD COLUMN settled_at     timestamptz,                  -- when it stopped waiting
    ADD COLUMN settled_by     text,                         -- the principal who decided
    ADD COLUMN settled_reason text;                         -- why, in the words of who decided
CREATE INDEX parked_event_waiting ON log.parked_event (parked_id) WHERE state = 'waiting';
