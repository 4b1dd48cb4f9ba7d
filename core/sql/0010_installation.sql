-- What this log is called everywhere: in the source of events that are published, in the cursors of their readers.
-- A restored copy keeps the name; a log that was begun anew has another, so that old cursors are refused, not misread.
CREATE TABLE log.installation (
    single  boolean PRIMARY KEY DEFAULT true CHECK (single),
    id      uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO log.installation DEFAULT VALUES;
