-- The colleagues that a user has marked, to have them at hand.
CREATE TABLE auth.favourite (
    "user" text NOT NULL,
    favourite text NOT NULL,
    marked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY ("user", favourite)
);
COMMENT ON TABLE auth.favourite IS 'Favourites of users';
COMMENT ON COLUMN auth.favourite."user" IS 'Whose favourite, with domain: 1001@alpha.example';
COMMENT ON COLUMN auth.favourite.favourite IS 'A user of the same company, with domain';
COMMENT ON COLUMN auth.favourite.marked_at IS 'When he was marked; the first is shown first';
