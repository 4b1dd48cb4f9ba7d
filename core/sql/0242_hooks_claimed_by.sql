COMMENT ON COLUMN hooks.delivery.claimed_by IS 'The sender that has it in hand, which holds the place of this number (log.place) while it lives';
