-- Which phones were registered from when to when, as the switches told it: one row a registration, however often the phone
-- renewed it. Written with what is published of phones; a rebuild of the calls leaves it alone.
CREATE TABLE log.registration (
    number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    switch text NOT NULL,
    "user" text NOT NULL,
    contact text,
    sip_call_id text,
    user_agent text,
    registered_at timestamptz NOT NULL,
    renewed_at timestamptz NOT NULL,
    expires_seconds integer NOT NULL,
    ended_at timestamptz,
    first_position bigint NOT NULL,
    ended_position bigint,
    as_of_position bigint NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0.05);
CREATE INDEX registration_of_user ON log.registration ("user", first_position);
CREATE INDEX registration_open ON log.registration ("user") WHERE ended_at IS NULL;
CREATE INDEX registration_by_change ON log.registration (as_of_position);
COMMENT ON TABLE log.registration IS 'Registrations of phones, the present ones and those that have ended';
COMMENT ON COLUMN log.registration.number IS 'In the order in which they were first told';
COMMENT ON COLUMN log.registration.switch IS 'Which switch the phone is registered with';
COMMENT ON COLUMN log.registration."user" IS 'Whose phone it is, with domain: 1001@alpha.example';
COMMENT ON COLUMN log.registration.contact IS 'Where the phone is reached, as it says';
COMMENT ON COLUMN log.registration.sip_call_id IS 'The same in every renewal';
COMMENT ON COLUMN log.registration.user_agent IS 'What the phone says that it is';
COMMENT ON COLUMN log.registration.registered_at IS 'When it was first told, by the clock of the switch; it may have begun before anybody listened';
COMMENT ON COLUMN log.registration.renewed_at IS 'When the phone last registered';
COMMENT ON COLUMN log.registration.expires_seconds IS 'How long after that it lasts if nothing comes';
COMMENT ON COLUMN log.registration.ended_at IS 'When the phone or the switch ended it; null: that was not told';
COMMENT ON COLUMN log.registration.first_position IS 'The position in the switch log of the event that told it first';
COMMENT ON COLUMN log.registration.ended_position IS 'The position in the switch log of the event that told its end';
COMMENT ON COLUMN log.registration.as_of_position IS 'The position of the projection when it last wrote this row';
