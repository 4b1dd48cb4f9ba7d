"""The board of live calls in memory: how it is, and what a delta of the tables changes for whom. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from api.people.roster import Look, Told
from core.reach import Reach
from projections.callflow.audience import audience_of
from projections.callflow.changes import Audience
from projections.query import Delta

ChangeKind = Literal["snapshot", "call", "ended", "merged", "again", "people", "person", "person_gone"]
NOBODYS = b'{"direction":"internal","from":{}}'
"""where a call is not known that another became part of"""


class Viewer(msgspec.Struct, frozen=True):
    """Who looks at the board, by what he may see. Those who see the same are told the same."""

    tenant: str | None = None
    """the company whose calls it sees; None: all"""
    reach: Reach | None = None
    """which of them; None: all"""
    people: Look | None = None
    """the people whose state he is told besides; None: of none"""


EVERYBODY = Viewer()


class Known:
    """A call as it is now: whose it is, its document, and whom it concerns, read off that when somebody asks."""

    __slots__ = ("_concerned", "document", "tenant")

    def __init__(self, tenant: str | None, document: bytes) -> None:
        self.tenant = tenant
        self.document = document
        self._concerned: Audience | None = None

    def seen_by(self, viewer: Viewer) -> bool:
        if viewer.tenant is not None and self.tenant != viewer.tenant:
            return False
        if viewer.reach is None:
            return True
        if self._concerned is None:
            self._concerned = audience_of(self.document)
        return viewer.reach.sees(self._concerned.users, self._concerned.queues)


class Change(msgspec.Struct, frozen=True):
    """One thing to tell, and the call that it is about: as it was known, and as it is."""

    kind: ChangeKind
    """snapshot: all of the board; again: it must be looked at anew, by everybody"""
    position: int
    """of the switch log, at which it is true"""
    data: bytes
    """JSON"""
    was: Known | None = None
    now: Known | None = None
    told: Told | None = None
    """where it is about a person, and no call"""

    def takes_away_from(self, viewer: Viewer) -> bool:
        """Whether a call has gone out of a viewer's picture: to whom cannot be told without naming another's."""
        if self.kind == "again":
            return True
        return (
            self.was is not None and self.now is not None and self.was.seen_by(viewer) and not self.now.seen_by(viewer)
        )

    def concerns(self, viewer: Viewer) -> bool:
        """Whether a viewer must be told, if only that he looks anew."""
        if self.told is not None:
            return viewer.people is not None and self.told.concerns(viewer.people)
        return (self.now is not None and self.now.seen_by(viewer)) or self.takes_away_from(viewer)


class Board:
    """The live calls; one thread changes it."""

    def __init__(self) -> None:
        self.position = 0
        """of the switch log, at which the board is true"""
        self._live: dict[str, Known] = {}

    def documents(self, viewer: Viewer) -> list[bytes]:
        """The live calls that a viewer sees, oldest first."""
        return [known.document for known in self._live.values() if known.seen_by(viewer)]

    def take(self, delta: Delta) -> list[Change]:
        """Make the board what a delta says; return what that changes, in order."""
        self.position = delta.mark.position
        if delta.reset:
            self._live = {call.call_id: Known(call.tenant, call.document) for call in delta.calls}
            return [Change("again", self.position, b"{}")]
        return list(self._changes(delta))

    def _changes(self, delta: Delta) -> Iterator[Change]:
        now = {call.call_id: Known(call.tenant, call.document) for call in delta.calls}
        for alias, call_id in delta.merged:
            was = self._live.pop(alias, None)
            known = now.get(call_id) or self._live.get(call_id) or was or Known(None, NOBODYS)
            body = msgspec.json.encode({"alias": alias, "call_id": call_id})
            yield Change("merged", self.position, body, was, known)
        for call in delta.calls:
            known = now[call.call_id]
            was = self._live.pop(call.call_id, None)
            if call.live:
                self._live[call.call_id] = known
            yield Change("call" if call.live else "ended", self.position, call.document, was, known)
