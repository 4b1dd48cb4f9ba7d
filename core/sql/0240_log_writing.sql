-- Who puts events into the log locks this table first, and until the commit: so positions appear in the order of commits.
-- A table, because locking one takes a right on it; an advisory lock can be taken by everybody who may log in. It is
-- empty, so that locking it is in nobody's way: not in autovacuum's, not in a backup's.
CREATE TABLE log.writing ();
COMMENT ON TABLE log.writing IS 'Locked by whoever puts events into the log, one after another; holds nothing';
