-- Three more that need no right and that no analyst needs: messages into the write-ahead log (gigabytes in seconds, also
-- in a transaction that may only read), transaction ids that are used up, snapshots that hold back what is cleaned.
CREATE OR REPLACE VIEW auth.open_door AS
    SELECT p.oid::regprocedure AS function FROM pg_proc p
    WHERE p.pronamespace = 'pg_catalog'::regnamespace
        AND p.proname ~ '^(pg_(try_)?advisory_|lo_|loread$|lowrite$|pg_logical_emit_message$|txid_current$|pg_current_xact_id$|pg_export_snapshot$)'
        AND EXISTS (SELECT FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
                    WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE');
SELECT auth.close_doors();
