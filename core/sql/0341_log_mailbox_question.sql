-- What the server asks a switch about the mailbox of somebody, and the switch's answer: for seconds only. Nothing of it is kept, so the
-- table is not even written ahead (UNLOGGED): who left a message stands with the switch.
CREATE UNLOGGED TABLE log.mailbox_question (
    question_id uuid PRIMARY KEY,
    switch text NOT NULL,
    asked json NOT NULL,
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    taken_at timestamptz,
    good boolean,
    answer text
);
COMMENT ON TABLE log.mailbox_question IS 'Questions about mailboxes to the switches, with their answers, for seconds';
COMMENT ON COLUMN log.mailbox_question.switch IS 'The node name of the switch that is asked';
COMMENT ON COLUMN log.mailbox_question.asked IS 'What is to be done with which mailbox';
COMMENT ON COLUMN log.mailbox_question.good IS 'Whether the switch did it; null: not answered yet';
COMMENT ON COLUMN log.mailbox_question.answer IS 'In the switch''s words';
