-- The tags that a company puts on calls, the newest first: what is offered to whoever writes one.
CREATE INDEX call_event_tagged ON log.call_event (tenant, position) WHERE topic = 'call.tagged';
