"""Notices of what people decided on a call: its notes and tags. The event says itself whom it concerns."""

from __future__ import annotations

from typing import Any

import msgspec

from core.event import SwitchEvent
from projections.published.call_data import Change
from projections.published.made import made
from projections.published.notice import Notice


class _Noted(msgspec.Struct, frozen=True, kw_only=True):
    change: Change
    note_id: str
    text: str
    by: str


class _Tagged(msgspec.Struct, frozen=True, kw_only=True):
    change: Change
    tag: str
    by: str


class _Concerns(msgspec.Struct, frozen=True):
    """Whom the call concerns: what its other events are filtered by."""

    direction: str | None = None
    users: list[str] = []
    parties: list[str] = []
    queues: list[str] = []


class _Note(msgspec.Struct, frozen=True):
    note_id: str
    text: str


class _Tag(msgspec.Struct, frozen=True):
    tag: str


class _NoteGone(msgspec.Struct, frozen=True):
    before: _Note


class _TagGone(msgspec.Struct, frozen=True):
    before: _Tag


class _NoteBack(msgspec.Struct, frozen=True):
    note: _Note


class _TagBack(msgspec.Struct, frozen=True):
    tag: _Tag


def decided(event: SwitchEvent) -> list[Notice]:
    """What was decided on a call; nothing for a kind that is not known here, or one that cannot be read."""
    get = event.get
    call_id, by = get("Harmony-Subject") or "", get("Harmony-By") or ""
    try:
        found = _said(get("Harmony-Kind") or "", get("Harmony-Details") or "", by)
        concerns = msgspec.json.decode(get("Harmony-Concerns") or "{}", type=_Concerns)
    except (msgspec.DecodeError, UnicodeError, RecursionError):
        return []
    if found is None or not call_id:
        return []
    kind, data = found
    notice = made(
        event,
        kind,
        call_id,
        data,
        tenant=get("Harmony-Tenant") or None,
        parties=concerns.parties,
        queues=concerns.queues,
        users=concerns.users,
        call_id=call_id,
    )
    return [msgspec.structs.replace(notice, direction=concerns.direction)]


def _said(kind: str, details: str, by: str) -> tuple[str, msgspec.Struct] | None:
    def read(shape: Any) -> Any:
        return msgspec.json.decode(details, type=shape)

    match kind:
        case "note.added":
            return "call.noted", _noted("added", read(_Note), by)
        case "note.removed":
            return "call.noted", _noted("removed", read(_NoteGone).before, by)
        case "note.restored":
            return "call.noted", _noted("restored", read(_NoteBack).note, by)
        case "tag.added":
            return "call.tagged", _Tagged(change="added", tag=read(_Tag).tag, by=by)
        case "tag.removed":
            return "call.tagged", _Tagged(change="removed", tag=read(_TagGone).before.tag, by=by)
        case "tag.restored":
            return "call.tagged", _Tagged(change="restored", tag=read(_TagBack).tag.tag, by=by)
        case _:
            return None


def _noted(change: Change, note: _Note, by: str) -> _Noted:
    return _Noted(change=change, note_id=note.note_id, text=note.text, by=by)
