"""Settings, the event log, and what an event is: the ground that everything else stands on."""
