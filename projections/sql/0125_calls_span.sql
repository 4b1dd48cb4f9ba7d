-- Which calls a position of the log lies in: what the board looked like then. Of finished calls alone, so that each call
-- is put in once; those that live have an index of their own.
CREATE INDEX call_span ON calls.call USING gist (int8range(least(first_position, as_of_position), as_of_position, '[]'))
    WHERE NOT live;
