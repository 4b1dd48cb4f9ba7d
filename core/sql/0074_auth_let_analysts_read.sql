-- The rights of the two groups of analysts on one set of the tables of calls, named by its table `call`. The groups are
-- roles of the server, made with the first analyst: where there are none, nothing is done.
CREATE FUNCTION auth.let_analysts_read(call regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    place name := (SELECT n.nspname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = call);
    item text;
BEGIN
    IF to_regrole('harmony_analyst') IS NULL OR to_regrole('harmony_observer') IS NULL THEN
        RETURN;
    END IF;
    EXECUTE format('GRANT USAGE ON SCHEMA %I, cdr TO harmony_analyst, harmony_observer', place);
    EXECUTE 'GRANT SELECT ON ALL TABLES IN SCHEMA cdr TO harmony_analyst, harmony_observer';
    FOREACH item IN ARRAY ARRAY['call', 'leg', 'segment', 'offer', 'transfer', 'party'] LOOP
        EXECUTE format('GRANT SELECT ON %I.%I TO harmony_analyst, harmony_observer', place, item);
        EXECUTE format('DROP POLICY IF EXISTS all_companies ON %I.%I', place, item);
        EXECUTE format('CREATE POLICY all_companies ON %I.%I FOR SELECT TO harmony_observer USING (true)', place, item);
    END LOOP;
END $$;
COMMENT ON FUNCTION auth.let_analysts_read(regclass) IS 'Gives the groups of analysts their rights on a set of tables of calls';
