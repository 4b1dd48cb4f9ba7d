"""What a fold hands to the runner: calls that changed, calls that became one, and the facts to publish.

Plain values only. How they are stored is the runner's business, how they come about the fold's.
"""

from typing import Any

import msgspec

from projections.callflow.document import Call


class Audience(msgspec.Struct, frozen=True, kw_only=True):
    """Whom an event concerns: what its readers filter by. Names stand with and without domain."""

    direction: str | None = None
    parties: tuple[str, ...] = ()
    """every party and user that took part so far"""
    users: tuple[str, ...] = ()
    """those of them whom the switch knew as users, with their domain: nobody is one by what he shows"""
    queues: tuple[str, ...] = ()
    """every queue that the call has waited in so far"""
    aliases: tuple[str, ...] = ()
    """ids of calls that were merged into this one so far"""


NOBODY = Audience()


class CallEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One fact about a call, for subscribers.

    `event_id` depends on nothing but the log (the call, the type, the position that caused it, a count within that
    position), so that folding again yields the same; `position` is that of the switch event that caused it;
    in JSON it is `caused_position`, because the event gets a position of its own when it is published.
    Integers under keys of `data` that end in `_at` are instants in microseconds.
    """

    event_id: str
    type: str
    call_id: str
    tenant: str | None
    occurred_at: int
    position: int = msgspec.field(name="caused_position")
    data: dict[str, Any]
    audience: Audience = NOBODY


class CallState(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it is now.

    `state` is whatever the fold needs to go on with this call; only the fold reads it. That of a long call is in parts
    that are written once, of which `state` is the last: `parts` are to be added behind the first `first_part` of those
    that there are, and where it is `renewed`, those go. `rendered` is the document's JSON where it was made already.

    `legs` holds every id that must lead back to that state: legs, earlier names of legs, ids of merged calls. What is
    not `shown` is no call that anybody has lived through so far: only its state is kept. Without a document only the
    state has changed: the call is interpreted later, and its document stays as it is.
    """

    call_id: str
    document: Call | None
    rendered: bytes | None = None
    state: bytes
    parts: tuple[bytes, ...] = ()
    first_part: int = 0
    renewed: bool = False
    legs: list[str]
    live: bool
    events: list[CallEvent]
    shown: bool = True


class Merged(msgspec.Struct, frozen=True, kw_only=True):
    """`alias` was a call of its own and is now part of `call_id`; the event at `position` proved it."""

    alias: str
    call_id: str
    position: int


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """All that changed since the last take, in an order that depends on the log alone."""

    calls: list[CallState]
    merged: list[Merged]
    revived: list[str] = []
    """ids that led to another call, and are ids of calls again"""
    failed: list[tuple[str, Exception]] = []
    """long calls that were due and could not be interpreted, and why: their documents stay as they are"""
