-- Numbers the events of commands: one run of their own for the whole installation, whichever process writes them.
CREATE SEQUENCE log.command_event AS bigint MAXVALUE 1099511627775;
