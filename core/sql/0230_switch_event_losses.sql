-- Finds what tells of losses among millions of events (core/own_event.py, LOSSES): a handful of rows a day.
CREATE INDEX switch_event_losses ON log.switch_event (position) WHERE topic IN (
    'CUSTOM harmony::link_up', 'CUSTOM harmony::link_down', 'CUSTOM harmony::gap', 'CUSTOM harmony::overflow',
    'CUSTOM harmony::spool_used', 'CUSTOM harmony::parked');
