"""One person of a company with the state of his phone: from the registry, his calls and his phones. Pure.

What his phone does goes before what he has set, and that before whether it is registered: somebody who talks talks,
whatever he forwards. Of a company's settings only what concerns others is in it: not where his calls go, unless one may
know.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from core.registry.entries import User
from core.registry.snapshot import Company
from projections.callflow.document import instant_text
from projections.people.doing import RANK, Doing, Other
from projections.people.registration import UNKNOWN, Standing

State = Literal["free", "ringing", "talking", "dialling", "held", "do_not_disturb", "away", "not_registered", "unknown"]
Instant = str


class Peer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Somebody with whom a person has to do."""

    party: str
    """extension or number"""
    name: str | None = None


class Person(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A user of a company and the state of his phone. Only fields with a value are there."""

    user: str
    """with the company's domain: 1001@alpha.example"""
    name: str
    number: str
    """the extension"""
    numbers: list[str] = []
    """of the public network, that lead to him"""
    groups: list[str] = []
    """ring groups, queues and pickup groups that he is in, by name"""
    state: State
    """away: all his calls are forwarded; unknown: whether his phone is registered was not told (yet)"""
    since: Instant | None = None
    """since when, where that is known"""
    registered: bool | None = None
    """whether a phone of his is registered; absent: not known"""
    forwarded_to: str | None = None
    """where all his calls go; for those who may see his calls"""
    with_: list[Peer] = msgspec.field(name="with", default=[])
    """who talks with him, calls him, is called by him; for those who may see his calls"""
    call_id: str | None = None
    """the call; for those who may see it, or pick it up while it rings"""

    def plain(self) -> Person:
        """As anybody of the company sees him."""
        return msgspec.structs.replace(self, forwarded_to=None, with_=[], call_id=None)

    def to_pick_up(self) -> Person:
        """As somebody sees him who may take the calls that ring there."""
        return self.plain() if self.state != "ringing" else msgspec.structs.replace(self.plain(), call_id=self.call_id)


class Settings(msgspec.Struct, frozen=True):
    """What a user has set; None: not known (of the past)."""

    do_not_disturb: bool | None = False
    forward_always: str | None = None
    known: bool = True
    """False: some of it is not known, which says nothing of whom one can reach"""


class Card(msgspec.Struct, frozen=True):
    """What the registry says of a user, worked out once."""

    user: str
    name: str
    number: str
    numbers: list[str]
    groups: list[str]
    settings: Settings


def cards(company: Company) -> dict[str, Card]:
    """All users of a company that may use the system, by name with domain, in the order of their numbers."""
    numbers: dict[str, list[str]] = {}
    for did in company.dids.values():
        numbers.setdefault(did.target, []).append(did.number)
    groups: dict[str, list[str]] = {}
    for group in company.groups:
        for member in group.members:
            groups.setdefault(member, []).append(group.name)
    for queue in company.queues.values():
        for agent in queue.agents:
            groups.setdefault(agent.user, []).append(queue.name)
    made = {}
    for entry in sorted(company.users.values(), key=_in_order):
        if entry.enabled:
            of = sorted({*groups.get(entry.user, ()), *entry.pickup_groups})
            whole = f"{entry.user}@{company.domain}"
            theirs = sorted(numbers.get(entry.user, ()))
            made[whole] = Card(whole, entry.name or entry.user, entry.user, theirs, of, settings_of(entry))
    return made


def _in_order(entry: User) -> tuple[int, str]:
    return len(entry.user) if entry.user.isdecimal() else 99, entry.user


def settings_of(entry: User) -> Settings:
    """What a user has set now."""
    return Settings(entry.do_not_disturb, entry.forward_always)


def person(
    card: Card,
    doing: Iterable[Doing] = (),
    phones: Standing = UNKNOWN,
    names: Mapping[str, str] | None = None,
    settings: Settings | None = None,
) -> Person:
    """A person as he is. ``names``: of the users of his company; ``settings``: others than the present ones."""
    set_ = settings or card.settings
    busy = min(doing, key=lambda one: (RANK[one.does], one.since), default=None)
    state: State
    since: str | None = None
    if busy is not None:
        state, since = busy.does, busy.since
    elif set_.do_not_disturb:
        state = "do_not_disturb"
    elif set_.forward_always:
        state = "away"
    elif phones.registered is None or (phones.registered and not set_.known):
        state = "unknown"
    elif phones.registered:
        state = "free"
    else:
        state, since = "not_registered", None if phones.since is None else instant_text(phones.since)
    return Person(
        user=card.user,
        name=card.name,
        number=card.number,
        numbers=card.numbers,
        groups=card.groups,
        state=state,
        since=since,
        registered=phones.registered,
        forwarded_to=set_.forward_always,
        with_=[] if busy is None else [_peer(one, names or {}) for one in busy.others],
        call_id=None if busy is None else busy.call_id,
    )


def _peer(one: Other, names: Mapping[str, str]) -> Peer:
    return Peer(one.party, names.get(one.user or "") or one.name)
