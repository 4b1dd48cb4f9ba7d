-- The views give whoever asks what the tables give him: the row security of the tables counts through them.
ALTER VIEW cdr.cdr_call SET (security_invoker = true);
ALTER VIEW cdr.cdr_leg SET (security_invoker = true);
ALTER VIEW cdr.cdr_segment SET (security_invoker = true);
ALTER VIEW cdr.cdr_offer SET (security_invoker = true);
ALTER VIEW cdr.cdr_transfer SET (security_invoker = true);
ALTER VIEW cdr.cdr_party SET (security_invoker = true);
