"""What a person is in his company, from the registry: role, and the users and queues that he answers for. Pure.

A user has himself. A supervisor has, besides, the queues and ring groups that are named for him, with their agents and
members. A company admin has the company, an operator the installation. What follows for calls is a `Reach`; what
follows for commands is decided in `api.commands.permissions`.
"""

from __future__ import annotations

from typing import Final, get_args

import msgspec

from core.reach import Reach, reach
from core.registry.entries import Role
from core.registry.snapshot import Company, Registry

ROLES: Final[tuple[Role, ...]] = get_args(Role)
"""the least first"""


class Standing(msgspec.Struct, frozen=True):
    """What somebody is now. Two that are equal may do the same."""

    role: Role
    user: str | None = None
    """1001@alpha.example; None: no person"""
    supervised: Reach = Reach()
    """a supervisor's agents and members, and queues"""
    colleagues: tuple[str, ...] = ()
    """of the user's pickup groups, whose calls he may take while they ring"""

    @property
    def reach(self) -> Reach | None:
        """The calls that he may see; None: all of his company, or of the installation."""
        if self.role in ("company-admin", "operator"):
            return None
        own = () if self.user is None else (self.user,)
        return reach((*own, *self.supervised.users), self.supervised.queues)


def standing(registry: Registry, domain: str, name: str, most: Role = "operator") -> Standing | None:
    """That of a user, `most` at most; None for one who may not use the system now."""
    company, entry = registry.company(domain), registry.user(domain, name)
    if company is None or entry is None:
        return None
    role = least(entry.role, most)
    user = f"{entry.user}@{company.domain}"
    colleagues = {other.user for group in entry.pickup_groups for other in company.members(group)} - {entry.user}
    with_domain = tuple(sorted(f"{one}@{company.domain}" for one in colleagues))
    supervised = _supervised(company, entry.supervises) if role == "supervisor" else Reach()
    return Standing(role, user, supervised, with_domain)


def alone(user: str) -> Standing:
    """That of a user of whom nothing more is known (yet)."""
    return Standing("user", user)


def least(one: Role, other: Role) -> Role:
    """The lesser of two roles."""
    return ROLES[min(ROLES.index(one), ROLES.index(other))]


def _supervised(company: Company, names: tuple[str, ...]) -> Reach:
    """The agents and members of what is named, by name or number; a name that leads to nothing gives nothing."""
    users: set[str] = set()
    queues: set[str] = set()
    for queue in company.queues.values():
        if queue.name in names or queue.number in names:
            queues.add(queue.name)
            users |= {agent.user for agent in queue.agents}
    for group in company.groups:
        if group.name in names or group.number in names:
            users |= set(group.members)
    at = f"@{company.domain}"
    return reach((user + at for user in users), (queue + at for queue in queues))
