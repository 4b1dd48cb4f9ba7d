"""The stored switch log out again: as events or as the Erlang terms of the switch, at the pace of life or faster.

Nothing in here writes to the log, but that somebody replayed it; and nothing reaches anybody but the one target. So no
webhook, command or message is repeated.
"""
