-- Which company each analyst's account belongs to. The accounts are roles of the whole server; what they may see of this
-- database stands here, where they can change nothing.
CREATE TABLE auth.analyst (
    role            name PRIMARY KEY,
    name            text NOT NULL UNIQUE,
    company         text,
    made_at         timestamptz NOT NULL DEFAULT clock_timestamp(),
    made_by         text NOT NULL
);
COMMENT ON TABLE auth.analyst IS 'Accounts of the database that read the views of the schema cdr';
COMMENT ON COLUMN auth.analyst.role IS 'The account, whose name tells other analysts nothing';
COMMENT ON COLUMN auth.analyst.company IS 'The company whose calls it sees; null: all, also those that belong to none';
