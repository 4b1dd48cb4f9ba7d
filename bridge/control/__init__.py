"""Carrying commands out: what each becomes on the Erlang link (`compose`), and who sends it once (`executor`)."""
