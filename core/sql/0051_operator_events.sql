-- What operators did, newest first, is found without a walk through the whole log.
CREATE INDEX switch_event_operator ON log.switch_event (position) WHERE topic = 'CUSTOM harmony::operator';
