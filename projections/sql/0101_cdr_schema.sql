-- The analysts' views. Files named NNNN_cdr_*.sql use CREATE OR REPLACE only: after a rebuild they are run again.
CREATE SCHEMA cdr;
COMMENT ON SCHEMA cdr IS 'Call records for analysts: views over the calls schema, stable in names and meaning';
