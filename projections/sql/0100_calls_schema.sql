-- The read models of the call fold. Files named NNNN_calls_*.sql hold everything of this schema and nothing else: a
-- rebuild runs them again, in order, with the name of the second set in place of this one's.
CREATE SCHEMA calls;
COMMENT ON SCHEMA calls IS 'Calls as folded from the switch log; thrown away and derived again at will';
