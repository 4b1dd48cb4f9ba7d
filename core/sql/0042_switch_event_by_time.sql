-- Finds events by the time at which they happened. A few kB in all, and next to nothing to keep up: events are stored
-- more or less in order of time. Several intervals a block, for blocks that are used again hold events of two times.
CREATE INDEX switch_event_by_time ON log.switch_event USING brin (occurred_at timestamptz_minmax_multi_ops)
    WITH (autosummarize = on);
