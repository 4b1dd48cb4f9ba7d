"""One published event as it stands in the call log, for whoever hands it on."""

import msgspec


class PublishedEvent(msgspec.Struct, frozen=True):
    """An event with its place in the call log and what it is filtered by.

    `state` is its JSON as stored; `projections.published.envelope` makes of it what the outside gets.
    """

    position: int
    """its place in the call log"""
    type: str
    event_id: str
    tenant: str | None
    """None: for operators only"""
    subject: str
    """the id of a call or command, the name of a queue, user or switch"""
    call_id: str | None
    """the call, by the id that it had when this was published"""
    direction: str | None
    parties: tuple[str, ...]
    """every party and user that had to do with it so far, with and without domain"""
    queues: tuple[str, ...]
    """every queue that had to do with it so far, with and without domain"""
    aliases: tuple[str, ...]
    """ids of calls that had been merged into this call"""
    users: tuple[str, ...]
    """those of the parties whom the switch knew as users: whose it is, where somebody sees his own only"""
    occurred_at: int
    """µs since the epoch, by the switch's clock"""
    state: bytes
