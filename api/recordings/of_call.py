"""The recordings that a call has, and who may hear them. From its document; pure.

Whoever is more than a user hears what he may see. A user hears what he was part of: a recording goes on while others
talk after he has left, and that is theirs.
"""

from pathlib import PurePosixPath
from typing import Any

import msgspec

from api.access.principal import Principal
from projections.callflow.kinds import BETWEEN

_HEARD = BETWEEN | {"conference"}


class _Decoded(msgspec.Struct, frozen=True):
    """Read from JSON; what is not named here is left out."""


class _Segment(_Decoded, frozen=True):
    kind: str
    parties: list[str]
    started_at: str
    ended_at: str | None = None
    detail: dict[str, Any] = {}


class _Party(_Decoded, frozen=True):
    party: str
    user: str | None = None


class _Call(_Decoded, frozen=True):
    segments: list[_Segment]
    parties: list[_Party]


_call = msgspec.json.Decoder(_Call).decode


class Recorded(msgspec.Struct, frozen=True):
    """One recording, as the call tells of it."""

    name: str
    """the last part of the path"""
    path: str
    """as the switch named it"""
    party: str
    """whose leg was recorded"""
    started_at: str
    ended_at: str | None


def recorded(document: bytes, who: Principal) -> list[Recorded]:
    """The recordings of a call that somebody may hear, of a call that he may see; the oldest first."""
    call = _call(document)
    own = {one.party for one in call.parties if one.user is not None and one.user == who.user}
    found: dict[str, Recorded] = {}
    for one in call.segments:
        path = one.detail.get("file")
        if one.kind != "record" or not isinstance(path, str) or not path or not one.parties:
            continue
        if who.role == "user" and not any(_overlap(one, talk) and own & set(talk.parties) for talk in call.segments):
            continue
        name = PurePosixPath(path).name
        found.setdefault(name, Recorded(name, path, one.parties[0], one.started_at, one.ended_at))
    return list(found.values())


def _overlap(record: _Segment, talk: _Segment) -> bool:
    """Whether somebody could be heard; instants of a document are texts that sort."""
    ended = record.ended_at is None or talk.started_at < record.ended_at
    return talk.kind in _HEARD and ended and (talk.ended_at is None or talk.ended_at > record.started_at)
