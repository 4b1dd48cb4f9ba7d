"""Which calls of a company somebody may see, where that is not all of them: the one decision, for memory and for SQL.

A call is a user's when he is a party of it, by the user that the switch authenticated or called, never by a number that
somebody shows; it is a queue's when it waited there. `projections.query.reach` says the same to the database, and a
test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec


class Reach(msgspec.Struct, frozen=True):
    """Calls of these users and of these queues, each with the company's domain; names are sorted."""

    users: tuple[str, ...] = ()
    """1001@alpha.example"""
    queues: tuple[str, ...] = ()
    """support@alpha.example"""

    def sees(self, users: Iterable[str], queues: Iterable[str]) -> bool:
        """Whether what concerns these users and queues is within it."""
        return any(user in self.users for user in users) or any(queue in self.queues for queue in queues)


def reach(users: Iterable[str], queues: Iterable[str] = ()) -> Reach:
    """One of these, whatever their order; a name without a company's domain is nobody's."""
    return Reach(
        tuple(sorted({one for one in users if "@" in one})), tuple(sorted({one for one in queues if "@" in one}))
    )
