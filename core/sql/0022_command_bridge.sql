-- Which bridge took a command: of two that serve one switch, the start of one says nothing of what the other has in hand.
ALTER TABLE log.command ADD COLUMN claimed_by text;
