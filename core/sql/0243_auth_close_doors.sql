-- What PostgreSQL lets everybody do who may log in, and no analyst needs: advisory locks (they are seen and taken by
-- number), large objects and temporary tables (they fill the disk). The functions belong to a superuser: to close them
-- takes one, as the embedded database has; else PostgreSQL warns and leaves them as they are.
CREATE FUNCTION auth.close_doors() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    item regprocedure;
BEGIN
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
    IF NOT has_database_privilege(current_database(), 'TEMPORARY') THEN
        EXECUTE format('GRANT TEMPORARY ON DATABASE %I TO CURRENT_USER', current_database());
    END IF;
    FOR item IN SELECT function FROM auth.open_door LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', item);
    END LOOP;
EXCEPTION WHEN insufficient_privilege THEN
    NULL;
END $$;
COMMENT ON FUNCTION auth.close_doors() IS 'Takes from everybody what no analyst needs, as far as we may';
CREATE VIEW auth.open_door AS
    SELECT p.oid::regprocedure AS function FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace AND p.proname ~ '^(pg_(try_)?advisory_|lo_|loread$|lowrite$)'
        AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                    WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE');
COMMENT ON VIEW auth.open_door IS 'Functions that everybody may call and no analyst needs';
SELECT auth.close_doors();
