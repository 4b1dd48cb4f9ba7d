"""Which events of the call log a reader wants: one value, checked once, that memory and the database read alike.

`matches` gives exactly what `projections.query.events` selects; a test holds the two together.
"""

import msgspec

from core.reach import Reach
from projections.errors import BadFilter
from projections.published.catalogue import CATALOGUE
from projections.published.event import PublishedEvent
from projections.tables.table import key, text


class EventFilter(msgspec.Struct, frozen=True, kw_only=True):
    """All conditions hold together; what is left out asks nothing. Raises BadFilter for a type that cannot be."""

    types: tuple[str, ...] = ()
    """any of these: a whole name ("call.answered"), or all that begin alike ("call.*"); "*" is every type"""
    call: str | None = None
    """the id of a call, of one that was merged into it, or of one of its legs"""
    calls: tuple[str, ...] = ()
    """every id of that call: filled in by `projections.query.resolved`; without it `call` is taken as it stands"""
    party: str | None = None
    """a party or user, with or without domain"""
    queue: str | None = None
    """a queue, with or without domain"""
    direction: str | None = None
    tenant: str | None = None
    reach: Reach | None = None
    """what the reader may see of the company; None: all"""

    def __post_init__(self) -> None:
        # As the columns hold them, so that memory and database compare the same.
        for name in ("call", "party", "queue", "direction", "tenant"):
            if (value := getattr(self, name)) is not None:
                msgspec.structs.force_setattr(self, name, key(value) if name == "call" else text(value))
        for one in self.types:
            if "*" in one and one != "*" and (not one.endswith(".*") or "*" in one[:-1]):
                raise BadFilter(f"{one!r} is no type of event: write a whole name, or a beginning such as call.* .")
            if not any(self._names(one, name) for name in CATALOGUE):
                raise BadFilter(f"{one!r} is no type of event: all that there are stand in /v1/schemas.")

    @property
    def exact(self) -> list[str]:
        """The types that are named whole."""
        return [one for one in self.types if not one.endswith("*")]

    @property
    def prefixes(self) -> list[str]:
        """The beginnings of the types that are not."""
        return [one[:-1] for one in self.types if one.endswith("*")]

    @property
    def call_ids(self) -> tuple[str, ...]:
        """The ids by which events of the call are found; none when no call is asked for."""
        return self.calls or ((self.call,) if self.call is not None else ())

    def matches(self, event: PublishedEvent) -> bool:
        """Whether the reader gets this event."""
        return (
            (self.tenant is None or event.tenant == self.tenant)
            and (self.reach is None or self.reach.sees(event.users, event.queues))
            and (self.direction is None or event.direction == self.direction)
            and (not self.types or self._of_type(event.type))
            and (self.party is None or self.party in event.parties)
            and (self.queue is None or self.queue in event.queues)
            and (not (ids := self.call_ids) or event.call_id in ids or not set(ids).isdisjoint(event.aliases))
        )

    def _of_type(self, name: str) -> bool:
        return any(self._names(one, name) for one in self.types)

    @staticmethod
    def _names(one: str, name: str) -> bool:
        return name.startswith(one[:-1]) if one.endswith("*") else name == one


EVERYTHING = EventFilter()
