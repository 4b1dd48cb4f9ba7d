-- The rights of the groups of analysts on one table of calls. A policy takes a lock that everybody waits behind, so
-- nothing is done that was done before, and who lets analysts read tables that are in use does it a table a transaction.
CREATE FUNCTION auth.let_analysts_read_table(item regclass) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    missing boolean := NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = item AND polname = 'all_companies');
BEGIN
    IF NOT (has_table_privilege('harmony_analyst', item, 'SELECT') AND has_table_privilege('harmony_observer', item, 'SELECT')) THEN
        EXECUTE format('GRANT SELECT ON %s TO harmony_analyst, harmony_observer', item);
    END IF;
    IF missing THEN
        EXECUTE format('CREATE POLICY all_companies ON %s FOR SELECT TO harmony_observer USING (true)', item);
    END IF;
    RETURN missing;
END $$;
COMMENT ON FUNCTION auth.let_analysts_read_table(regclass) IS 'Gives the groups of analysts their rights on one table of calls, where they lack them';
