-- The words of links between calls are looked for as numbers, users and queues are.
COMMENT ON TABLE calls.search IS 'Numbers, users, queues and links of each call';
COMMENT ON COLUMN calls.search.kind IS 'number, user, queue or link';
