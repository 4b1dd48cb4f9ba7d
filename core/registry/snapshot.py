"""The registry as it is at one moment: immutable, indexed by what it is asked for, a company at a time.

Built from entries, whatever their source. When something changes, a new one is made that shares the companies that did
not: a change costs as much as its company is large, and whoever holds the old one goes on undisturbed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

import msgspec

from core.registry import entries as e


class Company:
    """One company with all that it has. Not to be changed once made."""

    def __init__(self, tenant: e.Tenant, entries: Iterable[e.Entry]) -> None:
        self.tenant = tenant
        self.entries = tuple(entries)
        self.users: dict[str, e.User] = {}
        self.phones: dict[str, e.Phone] = {}
        self.trunks: list[e.Trunk] = []
        self.dids: dict[str, e.Did] = {}
        self.queues: dict[str, e.Queue] = {}
        self.groups: list[e.RingGroup] = []
        self.menus: dict[str, e.Menu] = {}
        self.conferences: dict[str, e.Conference] = {}
        self.parks: list[e.ParkLot] = []
        self.features: list[e.FeatureCode] = []
        self.overrides: list[e.Override] = []
        self._numbers: dict[str, e.Destination] = {}
        agents: dict[str, list[e.Agent]] = {}
        for entry in self.entries:
            if isinstance(entry, e.Agent):
                agents.setdefault(entry.queue, []).append(entry)
        for entry in self.entries:
            self._add(entry, agents)
        self.trunks.sort(key=lambda trunk: (trunk.priority, trunk.name))
        self.overrides.sort(key=lambda one: (one.order, one.name))
        self.features.sort(key=lambda one: (-len(one.code), one.code))

    @property
    def domain(self) -> str:
        return self.tenant.domain

    def destination(self, number: str) -> e.Destination | None:
        """Return what a number inside the company leads to."""
        found = self._numbers.get(number)
        if found is None and number.isdecimal():
            return next((lot for lot in self.parks if len(lot.first) == len(number) and _holds(lot, number)), None)
        return found

    def feature(self, dialled: str) -> tuple[e.FeatureCode, str] | None:
        """Return the feature code that what was dialled begins with (the longest), and what stands behind it."""
        for code in self.features:
            if dialled.startswith(code.code):
                return code, dialled[len(code.code) :]
        return None

    def members(self, pickup_group: str) -> list[e.User]:
        """Return the users of a pickup group."""
        return [user for user in self.users.values() if pickup_group in user.pickup_groups]

    def _add(self, entry: e.Entry, agents: Mapping[str, list[e.Agent]]) -> None:
        match entry:
            case e.User():
                self.users.setdefault(entry.user, entry)
                self._numbers.setdefault(entry.user, entry)
            case e.RingGroup():
                self.groups.append(entry)
                self._numbers.setdefault(entry.number, entry)
            case e.Queue():
                mine = sorted(agents.get(entry.name, []), key=lambda one: (one.level, one.position, one.user))
                whole = msgspec.structs.replace(entry, agents=tuple(mine))
                self.queues.setdefault(entry.name, whole)
                self._numbers.setdefault(entry.number, whole)
            case e.Conference():
                self.conferences.setdefault(entry.number, entry)
                self._numbers.setdefault(entry.number, entry)
            case e.Menu():
                self.menus.setdefault(entry.name, entry)
                self._numbers.setdefault(entry.number, entry)
            case e.ParkLot():
                self.parks.append(entry)
            case e.Phone():
                self.phones.setdefault(entry.mac, entry)
            case e.Trunk():
                self.trunks.append(entry)
            case e.Did():
                self.dids.setdefault(entry.number, entry)
            case e.FeatureCode():
                self.features.append(entry)
            case e.Override():
                self.overrides.append(entry)
            case e.Agent() | e.Tenant() | e.Switch():
                pass


class Registry:
    """All companies. `Registry.of(entries)` makes one; `replaced` makes the next."""

    def __init__(
        self,
        companies: Mapping[str, Company],
        shared: Iterable[e.Trunk] = (),
        version: int = 1,
        switches: Iterable[e.Switch] = (),
    ) -> None:
        self.companies: Mapping[str, Company] = MappingProxyType(dict(companies))
        ours: dict[str, e.Switch] = {}
        for switch in switches:
            ours.setdefault(switch.node, switch)
        self.switches: Mapping[str, e.Switch] = MappingProxyType(ours)
        """our own, by node"""
        self.shared_trunks = tuple(sorted(shared, key=lambda trunk: (trunk.priority, trunk.name)))
        self.version = version
        self._dids: dict[str, e.Did] = {}
        self._phones: dict[str, e.Phone] = {}
        for company in self.companies.values():
            for did in company.dids.values():
                self._dids.setdefault(did.number, did)
            for phone in company.phones.values():
                self._phones.setdefault(phone.mac, phone)

    @classmethod
    def of(cls, entries: Iterable[e.Entry], before: Registry | None = None) -> Registry:
        """Return the registry of these entries; a company whose entries are those of ``before`` is taken from there."""
        tenants: dict[str, e.Tenant] = {}
        theirs: dict[str, list[e.Entry]] = {}
        shared: list[e.Trunk] = []
        switches: list[e.Switch] = []
        for entry in entries:
            if isinstance(entry, e.Tenant):
                tenants.setdefault(entry.domain, entry)
            elif isinstance(entry, e.Switch):
                switches.append(entry)
            elif entry.tenant is None:
                shared.append(entry)
            else:
                theirs.setdefault(entry.tenant, []).append(entry)
        companies = {}
        for domain, tenant in tenants.items():
            had = before.companies.get(domain) if before else None
            mine = theirs.get(domain, [])
            same = had is not None and had.tenant == tenant and had.entries == tuple(mine)
            companies[domain] = had if had is not None and same else Company(tenant, mine)
        return cls(companies, shared, before.version + 1 if before else 1, switches)

    def company(self, domain: str) -> Company | None:
        """Return a company by its domain; None also for one that is switched off."""
        found = self.companies.get(domain.lower())
        return found if found is not None and found.tenant.enabled else None

    def user(self, domain: str, user: str) -> e.User | None:
        """Return a user who may use the system now."""
        company = self.company(domain)
        found = company.users.get(user) if company else None
        return found if found is not None and found.enabled else None

    def did(self, number: str) -> e.Did | None:
        """Return whose a number of the public network is."""
        found = self._dids.get(number)
        return found if found is not None and self.company(found.tenant) else None

    def phone(self, mac: str) -> e.Phone | None:
        """Return a phone by its MAC address."""
        return self._phones.get(mac)

    def trunks(self, domain: str) -> list[e.Trunk]:
        """Return the lines that a company may use, in the order to try: its own, then those for all."""
        company = self.company(domain)
        return [*(company.trunks if company else ()), *self.shared_trunks]


def _holds(lot: e.ParkLot, number: str) -> bool:
    return int(lot.first) <= int(number) <= int(lot.last)


EMPTY = Registry({})
"""What is known before anything was read."""
