-- What users wished by feature codes is found without a walk through the whole log.
CREATE INDEX switch_event_wish ON log.switch_event (position) WHERE topic = 'CUSTOM harmony_feature::wish';
