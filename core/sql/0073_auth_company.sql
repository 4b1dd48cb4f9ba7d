-- The company of whoever is logged in. The session's user is what nobody but a superuser can change: not by SET ROLE, not
-- by a setting, not by a function.
CREATE FUNCTION auth.company() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER PARALLEL RESTRICTED
SET search_path = pg_catalog, pg_temp
AS $$ SELECT a.company FROM auth.analyst a WHERE a.role = session_user $$;
COMMENT ON FUNCTION auth.company() IS 'The company of the account that is logged in; null: of none, or no analyst';
