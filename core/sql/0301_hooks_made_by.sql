-- A webhook is the company's and outlives whoever made it, so that its list says who that was.
ALTER TABLE hooks.endpoint ADD COLUMN made_by text;
COMMENT ON COLUMN hooks.endpoint.made_by IS 'Who made it: the name of the bearer; null: made before this was kept';
