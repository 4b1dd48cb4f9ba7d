"""Notes and tags that people put on a call. Pure: decisions in, what they come to out, and the decision that is next.

What stands is folded from the decisions; nothing is ever changed in place. A removal keeps what was there, so that it
can be undone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, TypedDict
from uuid import UUID

import msgspec

from core.decided.decision import Decision, stream_of
from core.errors import HarmonyError

LONGEST_NOTE: Final = 4000
LONGEST_TAG: Final = 40
TAG: Final = rf"^[^\s/\u0000-\u001f\u007f]{{1,{LONGEST_TAG}}}$"
"""no blanks and no slash: a tag stands in addresses"""
MOST: Final = 200
"""notes, and tags, that one call may have"""
MOST_DECISIONS: Final = 2000
"""that may be taken on one call: each of them is read whenever the call's notes are"""


class NotPossible(HarmonyError):
    """A decision that cannot be taken as things are."""

    code = "decision.not-possible"


class NotThere(HarmonyError):
    """What is to be removed or undone is not there."""

    code = "decision.not-there"


class Note(msgspec.Struct, frozen=True):
    """A remark of somebody's about the call."""

    note_id: UUID
    text: str
    by: str
    at: int
    """µs since the epoch"""


class Tag(msgspec.Struct, frozen=True):
    """A word by which calls are put together."""

    tag: str
    by: str
    at: int
    """µs since the epoch"""


class NoteAdded(Decision, frozen=True, kw_only=True, tag="note.added"):
    note_id: UUID
    text: str


class NoteRemoved(Decision, frozen=True, kw_only=True, tag="note.removed"):
    before: Note


class NoteRestored(Decision, frozen=True, kw_only=True, tag="note.restored"):
    """The removal was undone: the note is there as it was, its author's."""

    note: Note


class TagAdded(Decision, frozen=True, kw_only=True, tag="tag.added"):
    tag: str


class TagRemoved(Decision, frozen=True, kw_only=True, tag="tag.removed"):
    before: Tag


class TagRestored(Decision, frozen=True, kw_only=True, tag="tag.restored"):
    tag: Tag


OfCall = NoteAdded | NoteRemoved | NoteRestored | TagAdded | TagRemoved | TagRestored


class Annotations(msgspec.Struct, frozen=True):
    """What a call has, as of a version; and every decision that led there."""

    stream: UUID
    tenant: str | None
    version: int = 0
    notes: dict[UUID, Note] = {}
    tags: dict[str, Tag] = {}
    decisions: tuple[OfCall, ...] = ()


class _Place(TypedDict):
    """What every decision says of itself."""

    originator_id: UUID
    originator_version: int
    tenant: str | None
    by: str
    at: int


def none_yet(tenant: str | None, call_id: str) -> Annotations:
    """Those of a call on which nothing was decided."""
    return Annotations(stream_of(tenant, "call", call_id), tenant)


def fold(before: Annotations | None, events: Iterable[OfCall]) -> Annotations | None:
    """What the decisions of one stream come to; None: there are none."""
    for event in events:
        before = evolve(before or Annotations(event.originator_id, event.tenant), event)
    return before


def evolve(now: Annotations, event: OfCall) -> Annotations:
    """What stands after one more decision."""
    notes, tags = dict(now.notes), dict(now.tags)
    match event:
        case NoteAdded():
            notes[event.note_id] = Note(event.note_id, event.text, event.by, event.at)
        case NoteRemoved():
            notes.pop(event.before.note_id, None)
        case NoteRestored():
            notes[event.note.note_id] = event.note
        case TagAdded():
            tags[event.tag] = Tag(event.tag, event.by, event.at)
        case TagRemoved():
            tags.pop(event.before.tag, None)
        case TagRestored():
            tags[event.tag.tag] = event.tag
    return Annotations(now.stream, now.tenant, event.originator_version, notes, tags, (*now.decisions, event))


class Who(msgspec.Struct, frozen=True):
    """Who decides, and when."""

    by: str
    at: int
    """µs since the epoch"""


def add_note(now: Annotations, who: Who, note_id: UUID, text: str) -> NoteAdded:
    """The decision to add a note; raises `NotPossible`."""
    if not text.strip() or len(text) > LONGEST_NOTE or "\0" in text:
        raise NotPossible(f"A note has 1 to {LONGEST_NOTE} characters that are not all blank, and no NUL among them.")
    if len(now.notes) >= MOST:
        raise NotPossible(f"The call has {MOST} notes, the most that one may have: remove one first.")
    return NoteAdded(**_next(now, who), note_id=note_id, text=text)


def remove_note(now: Annotations, who: Who, note_id: UUID) -> NoteRemoved:
    """The decision to remove a note; raises `NotThere`."""
    note = now.notes.get(note_id)
    if note is None:
        raise NotThere(f"The call has no note {note_id}.")
    return NoteRemoved(**_next(now, who), before=note)


def add_tag(now: Annotations, who: Who, tag: str) -> TagAdded | None:
    """The decision to add a tag, None where the call has it; raises `NotPossible`."""
    if not re.fullmatch(TAG, tag):
        raise NotPossible(f"A tag has 1 to {LONGEST_TAG} characters, and no blanks and no slash among them.")
    if tag in now.tags:
        return None
    if len(now.tags) >= MOST:
        raise NotPossible(f"The call has {MOST} tags, the most that one may have: remove one first.")
    return TagAdded(**_next(now, who), tag=tag)


def remove_tag(now: Annotations, who: Who, tag: str) -> TagRemoved:
    """The decision to remove a tag; raises `NotThere`."""
    found = now.tags.get(tag)
    if found is None:
        raise NotThere(f"The call has no tag {tag[:LONGEST_TAG]!r}.")
    return TagRemoved(**_next(now, who), before=found)


def undo(now: Annotations, who: Who) -> OfCall:
    """The decision that takes the last one back; raises `NotThere`. Undoing twice does again what was undone."""
    if not now.decisions:
        raise NotThere("Nothing was decided on this call, so nothing can be undone.")
    place = _next(now, who)
    match now.decisions[-1]:
        case NoteAdded(note_id=note_id):
            return NoteRemoved(**place, before=now.notes[note_id])
        case NoteRestored(note=note):
            return NoteRemoved(**place, before=note)
        case NoteRemoved(before=note):
            return NoteRestored(**place, note=note)
        case TagAdded(tag=tag):
            return TagRemoved(**place, before=now.tags[tag])
        case TagRestored(tag=restored):
            return TagRemoved(**place, before=restored)
        case TagRemoved(before=removed):
            return TagRestored(**place, tag=removed)


def _next(now: Annotations, who: Who) -> _Place:
    if now.version >= MOST_DECISIONS:
        raise NotPossible(f"{MOST_DECISIONS} things were decided on this call, the most that there may be on one.")
    return _Place(originator_id=now.stream, originator_version=now.version + 1, tenant=now.tenant, by=who.by, at=who.at)
