"""Notes and tags of a call: seen by whoever sees the call; put there and taken away by whoever may act on it.

A call that others were merged into has theirs as well; what is new goes to the call as it is named now. Whoever decides
on what he saw a while ago says its version, and is told when that is past; else he decides on what stands.
"""

from collections.abc import Callable
from contextlib import nullcontext
from time import time_ns
from typing import Any
from uuid import UUID, uuid4

import msgspec
import psycopg

from api.access.principal import Principal
from api.errors import ApiError, Forbidden, NotFound
from core.decided import Changed, Decisions
from core.decided import calls as of
from core.decided.word import word
from projections.callflow.audience import audience_of
from projections.callflow.document import instant_text
from projections.published.call_data import Instant
from projections.query import get_call
from projections.query.calls import Found

Connection = psycopg.Connection[Any]
Decide = Callable[[of.Annotations, of.Who], of.OfCall | None]
_ATTEMPTS = 5
"""times that what is decided on no certain version is decided again, when others decide at the same moment"""


class VersionPast(ApiError):
    """What was seen before deciding is not what stands."""

    code = "decision.version-past"
    status = 412


class CallNote(msgspec.Struct, frozen=True):
    """A remark about a call."""

    note_id: UUID
    text: str
    by: str
    """who wrote it"""
    at: Instant


class CallTag(msgspec.Struct, frozen=True):
    """A word by which calls are put together."""

    tag: str
    by: str
    """who put it there"""
    at: Instant


class CallDecision(msgspec.Struct, frozen=True):
    """One thing that somebody decided on a call."""

    kind: str
    """note.added, note.removed, note.restored, tag.added, tag.removed, tag.restored"""
    by: str
    at: Instant
    details: dict[str, Any]
    """what was decided; `before`: what was there"""


class CallAnnotations(msgspec.Struct, frozen=True):
    """The notes and tags of a call, the oldest first."""

    call_id: str
    """the call as it is named now"""
    version: int
    """counts the decisions on the call; If-Match takes it"""
    notes: list[CallNote]
    tags: list[CallTag]


class CallDecisions(msgspec.Struct, frozen=True):
    """All that was decided on a call, the oldest first."""

    call_id: str
    version: int
    decisions: list[CallDecision]


class OnCall:
    """What was and is decided on one call, for one who sees it. Raises `NotFound` where he does not."""

    def __init__(self, connection: Connection, who: Principal, call_id: str) -> None:
        found = None if "\0" in call_id else get_call(connection, call_id, who.tenant, who.reach)
        if found is None:
            raise NotFound(f"There is no call {call_id[:100]!r}, also none with a leg of that id.")
        self.call: Found = found
        self._who = who
        self._decisions = Decisions(lambda: nullcontext(connection), of.OfCall)
        self._audience = audience_of(found.document)

    def shown(self) -> CallAnnotations:
        """What stands."""
        now, merged = self._now(), self._merged()
        notes = [note for one in (*merged, now) for note in one.notes.values()]
        tags = {tag.tag: tag for one in (now, *merged) for tag in one.tags.values()}
        return CallAnnotations(
            self.call.call_id,
            now.version,
            [_note(note) for note in sorted(notes, key=lambda note: note.at)],
            [_tag(tag) for tag in sorted(tags.values(), key=lambda tag: tag.at)],
        )

    def history(self) -> CallDecisions:
        """All that led there."""
        now = self._now()
        every = [one for part in (*self._merged(), now) for one in part.decisions]
        every.sort(key=lambda one: one.at)
        return CallDecisions(self.call.call_id, now.version, [_decision(one) for one in every])

    def add_note(self, text: str, version: int | None) -> CallNote:
        note_id = uuid4()
        self._decide(lambda now, who: of.add_note(now, who, note_id, text), self.call.call_id, version)
        return _note(self._now().notes[note_id])

    def remove_note(self, note_id: UUID, version: int | None) -> None:
        def decide(now: of.Annotations, who: of.Who) -> of.OfCall:
            if (note := now.notes.get(note_id)) is not None:
                self._whose(note.by, "note")
            return of.remove_note(now, who, note_id)

        self._decide(decide, self._where(lambda one: note_id in one.notes), version)

    def add_tag(self, tag: str, version: int | None) -> CallTag:
        """The tag, which may have been there."""
        self._decide(lambda now, who: of.add_tag(now, who, tag), self.call.call_id, version)
        return _tag(self._now().tags[tag])

    def remove_tag(self, tag: str, version: int | None) -> None:
        self._decide(lambda now, who: of.remove_tag(now, who, tag), self._where(lambda one: tag in one.tags), version)

    def undo(self, version: int | None) -> CallAnnotations:
        """Take the last decision on the call back, who did it or who may do it for him."""

        def decide(now: of.Annotations, who: of.Who) -> of.OfCall:
            undone = of.undo(now, who)
            self._whose(now.decisions[-1].by, "decision")
            return undone

        self._decide(decide, self.call.call_id, version)
        return self.shown()

    # -- one decision ---------------------------------------------------------------------------------------------

    def _decide(self, decide: Decide, call_id: str, version: int | None) -> None:
        for attempt in range(1, _ATTEMPTS + 1):
            now = self._of(call_id)
            if version is not None and version != self._now().version:
                raise VersionPast("Somebody has decided on the call since that version: look again, and decide again.")
            decision = decide(now, of.Who(self._who.name, time_ns() // 1000))
            if decision is None:  # it is so already
                return
            try:
                self._decisions.keep(decision, word(decision, self.call.call_id, self._concerns()))
            except Changed:
                if attempt == _ATTEMPTS:
                    raise
            else:
                return

    def _whose(self, by: str, thing: str) -> None:
        if by != self._who.name and self._who.role == "user":
            raise Forbidden(f"The {thing} is {by}'s: ask {by}, or a supervisor.")

    def _concerns(self) -> dict[str, object]:
        about = self._audience
        return {
            "direction": about.direction,
            "users": about.users,
            "parties": about.parties,
            "queues": about.queues,
        }

    # -- what stands ----------------------------------------------------------------------------------------------

    def _now(self) -> of.Annotations:
        return self._of(self.call.call_id)

    def _merged(self) -> list[of.Annotations]:
        return [self._of(alias) for alias in self._audience.aliases]

    def _of(self, call_id: str) -> of.Annotations:
        empty = of.none_yet(self.call.tenant, call_id)
        return self._decisions.come_to(empty.stream, of.fold) or empty

    def _where(self, holds: Callable[[of.Annotations], bool]) -> str:
        """The id under which something was put on the call: its own, or that of a call merged into it."""
        ids = (self.call.call_id, *self._audience.aliases)
        return next((call_id for call_id in ids if holds(self._of(call_id))), self.call.call_id)


def _note(note: of.Note) -> CallNote:
    return CallNote(note.note_id, note.text, note.by, instant_text(note.at))


def _tag(tag: of.Tag) -> CallTag:
    return CallTag(tag.tag, tag.by, instant_text(tag.at))


_OF_ALL = frozenset({"originator_id", "originator_version", "tenant", "kind", "by", "at"})


def _decision(one: of.OfCall) -> CallDecision:
    told = {name: value for name, value in msgspec.to_builtins(one).items() if name not in _OF_ALL}
    for value in told.values():
        if isinstance(value, dict):
            value["at"] = instant_text(value["at"])
    return CallDecision(one.topic, one.by, instant_text(one.at), told)
