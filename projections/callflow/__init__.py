"""The call fold: a pure function from switch events to calls. No socket, clock, database or logging in here."""
