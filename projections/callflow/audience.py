"""Whom the events of a call concern, read off its document: so that every reader gets all events of the calls of his.

Whoever took part so far counts, also where he has left, and everything under which he is known: `1001` as well as
`1001@alpha.example`, `support` as well as `support@alpha.example`.
"""

from collections.abc import Sequence

import msgspec

from projections.callflow.changes import Audience
from projections.callflow.document import Call


class _Person(msgspec.Struct):
    party: str | None = None
    user: str | None = None


class _Stretch(msgspec.Struct):
    parties: list[str]


class _Stored(msgspec.Struct):
    """What of a stored document says whom the call concerns."""

    direction: str
    from_: _Person = msgspec.field(name="from")
    tenant: str | None = None
    parties: list[_Person] = []
    segments: list[_Stretch] = []
    aliases: list[str] = []


_decode = msgspec.json.Decoder(_Stored).decode
_QUEUE = "queue:"


def audience(call: Call | _Stored, aliases: Sequence[str] = ()) -> Audience:
    """Everybody and every queue that has had to do with the call."""
    names = [call.from_.party, call.from_.user]
    for person in call.parties:
        names += [person.party, person.user]
    served = [party for segment in call.segments for party in segment.parties]
    queues = dict.fromkeys(party.removeprefix(_QUEUE) for party in served if party.startswith(_QUEUE))
    return Audience(
        direction=call.direction,
        users=tuple(dict.fromkeys(user for user in (call.from_.user, *(p.user for p in call.parties)) if user)),
        parties=tuple(dict.fromkeys(name for name in (*names, *served) if name)),
        queues=tuple(dict.fromkeys(name for queue in queues for name in with_domain(queue, call.tenant))),
        aliases=tuple(aliases),
    )


def audience_of(document: bytes) -> Audience:
    """The same from a stored document."""
    stored = _decode(document)
    return audience(stored, stored.aliases)


def with_domain(name: str, domain: str | None) -> tuple[str, ...]:
    """A name alone and with its domain; a name that carries its domain is taken apart."""
    alone, at, own = name.partition("@")
    if at:
        return (alone, name) if alone and own else (name,)
    return (name, f"{name}@{domain}") if domain else (name,)
