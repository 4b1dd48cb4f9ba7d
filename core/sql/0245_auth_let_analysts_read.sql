CREATE OR REPLACE FUNCTION auth.let_analysts_read(call regclass) RETURNS void LANGUAGE plpgsql AS $$
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
        PERFORM auth.let_analysts_read_table(format('%I.%I', place, item)::regclass);
    END LOOP;
END $$;
