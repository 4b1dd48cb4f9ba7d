"""All people of all companies in memory: how each is, and what a change of a call, a phone or the registry makes other.

One thread changes it. Who may see what of a person is decided here, too: `Look` is what somebody may see, and a change
comes once for each way of seeing it. Pure but for the time, which is given.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final, Literal

import msgspec

from core.reach import Reach
from core.registry.snapshot import EMPTY, Registry
from projections.people.doing import Doing
from projections.people.person import Card, Person, Settings, cards, person
from projections.people.phones import Phones
from projections.people.registration import Break, Registration, heard_since, standing

Form = Literal["whole", "pickup", "plain"]
"""whole: with whom; pickup: the call that rings; plain: the state"""
_encode: Final = msgspec.json.Encoder().encode


class Look(msgspec.Struct, frozen=True):
    """What somebody may see of people."""

    tenant: str | None = None
    """the company; None: all"""
    reach: Reach | None = None
    """whose calls he may see; None: all"""
    colleagues: tuple[str, ...] = ()
    """whose ringing calls he may take"""

    def form(self, user: str, tenant: str) -> Form | None:
        """How he sees a person; None: not at all."""
        if self.tenant is not None and self.tenant != tenant:
            return None
        if self.reach is None or user in self.reach.users:
            return "whole"
        return "pickup" if user in self.colleagues else "plain"


class Seen:
    """A person as he was last told, in each form."""

    __slots__ = ("_forms", "person", "tenant")

    def __init__(self, tenant: str, one: Person) -> None:
        self.tenant = tenant
        self.person = one
        self._forms: dict[Form, bytes] = {}

    def document(self, form: Form) -> bytes:
        found = self._forms.get(form)
        if found is None:
            one = self.person
            shown = one if form == "whole" else one.to_pick_up() if form == "pickup" else one.plain()
            found = self._forms[form] = _encode(shown)
        return found


class Told(msgspec.Struct, frozen=True):
    """One thing to tell: how a person is now, or (``data`` of one form) that he is not there any more."""

    user: str
    tenant: str
    forms: frozenset[Form]
    data: bytes
    gone: bool = False

    def concerns(self, look: Look) -> bool:
        return look.form(self.user, self.tenant) in self.forms


_EVERY: frozenset[Form] = frozenset({"whole", "pickup", "plain"})


class Roster:
    """``now`` gives µs since the epoch."""

    def __init__(self, now: Callable[[], int]) -> None:
        self._now = now
        self._registry = EMPTY
        self._cards: dict[str, Card] = {}
        self._names: dict[str, dict[str, str]] = {}
        self._calls: dict[str, dict[str, Doing]] = {}
        self._of: dict[str, dict[str, Doing]] = {}
        self._phones: dict[str, dict[int, Registration]] = {}
        self._breaks: list[Break] = []
        self._seen: dict[str, Seen] = {}
        self._set: dict[str, Settings] = {}

    def documents(self, look: Look) -> list[bytes]:
        """All that somebody sees, company by company, in the order of their numbers."""
        found = []
        for user in self._cards:
            seen = self._seen.get(user)
            form = None if seen is None else look.form(user, seen.tenant)
            if seen is not None and form is not None:
                found.append(seen.document(form))
        return found

    # -- what comes ---------------------------------------------------------------------------------------------------

    def registry(self, registry: Registry) -> list[Told]:
        """Take another registry."""
        if registry is self._registry:
            return []
        self._registry = registry
        before, self._cards, self._names = self._cards, {}, {}
        for domain in sorted(registry.companies):
            if (company := registry.company(domain)) is not None:
                of = cards(company)
                self._cards |= of
                self._names[company.domain] = {user: card.name for user, card in of.items()}
        gone = [user for user in before if user not in self._cards]
        told = [
            Told(user, seen.tenant, _EVERY, _encode({"user": user}), gone=True)
            for user in gone
            if (seen := self._seen.pop(user, None)) is not None
        ]
        return told + self.look()

    def calls(self, changed: Iterable[tuple[str, dict[str, Doing]]], reset: bool = False) -> list[Told]:
        """Take what users do in these calls now (nothing: it has ended); with ``reset`` there are no others."""
        touched: set[str] = set()
        if reset:
            for call_id in list(self._calls):
                touched |= self._call(call_id, {})
        for call_id, does in changed:
            touched |= self._call(call_id, does)
        return self.look(touched)

    def phones(self, phones: Phones, reset: bool = False) -> list[Told]:
        """Take what was told of phones; with ``reset`` it is all that is known."""
        if reset:
            self._phones = {}
        touched = {self._phone(one) for one in phones.registrations}
        if phones.breaks != self._breaks or reset:
            self._breaks = phones.breaks
            return self.look()
        return self.look(touched)

    def settings(self, then: dict[str, Settings]) -> None:
        """Settings of another time than now."""
        self._set = then

    def look(self, users: Iterable[str] | None = None) -> list[Told]:
        """Look at these people (None: all) again: what is other than it was told."""
        now = self._now()
        heard = heard_since(self._breaks, now)
        return [
            one
            for user in (list(self._cards) if users is None else users)
            if (card := self._cards.get(user)) is not None
            for one in self._other(card, now, heard)
        ]

    def look_at_the_clock(self) -> list[Told]:
        """Look at those whose registration has ended by time alone, or is known by now not to be there."""
        now = self._now()
        heard = heard_since(self._breaks, now)
        return self.look(
            user
            for user, seen in list(self._seen.items())
            if standing(self._phones.get(user, {}).values(), heard, now).registered != seen.person.registered
        )

    # -- one of them --------------------------------------------------------------------------------------------------

    def _other(self, card: Card, now: int, heard: int | None) -> Iterator[Told]:
        tenant = card.user.rpartition("@")[2]
        phones = standing(self._phones.get(card.user, {}).values(), heard, now)
        doing = self._of.get(card.user, {}).values()
        one = person(card, doing, phones, self._names[tenant], self._set.get(card.user))
        was = self._seen.get(card.user)
        if was is not None and was.person == one:
            return
        seen = self._seen[card.user] = Seen(tenant, one)
        by: dict[bytes, set[Form]] = {}
        for form in ("whole", "pickup", "plain"):
            data = seen.document(form)
            if was is None or was.document(form) != data:
                by.setdefault(data, set()).add(form)
        for data, forms in by.items():
            yield Told(card.user, tenant, frozenset(forms), data)

    def _call(self, call_id: str, does: dict[str, Doing]) -> set[str]:
        before = self._calls.pop(call_id, {})
        for user in before:
            of = self._of[user]
            del of[call_id]
            if not of:
                del self._of[user]
        if does:
            self._calls[call_id] = does
        for user, doing in does.items():
            self._of.setdefault(user, {})[call_id] = doing
        return before.keys() | does.keys()

    def _phone(self, one: Registration) -> str:
        name, _, domain = one.user.rpartition("@")
        user = f"{name}@{domain.lower()}"
        theirs = self._phones.setdefault(user, {})
        theirs[one.number] = one
        if one.ended_at is not None:  # of those that have ended the last one says enough
            for number in [n for n, other in theirs.items() if other.ended_at is not None and n < one.number]:
                del theirs[number]
        return user
