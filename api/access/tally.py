"""What is counted of access and when a count is due to be written: few rows, however much is asked. Pure.

The first time a thing is written at once, what follows is counted. Who has a good token is told by route, once a minute
for each thing, of which a bearer has few. Who has none is told by the family of the route and the network that he comes
from, of which few are told apart; each of these pauses twice as long after every row, up to an hour, and is forgotten,
with its pause, when an hour was quiet. So an attack of any length, from anywhere, writes some rows at its beginning and
then a few an hour, and all is counted.
"""

import ipaddress
from typing import Literal

import msgspec

EVERY = 60.0
"""seconds between two rows of one thing; of strangers: between the first two"""
LONGEST = 3600.0
"""seconds that a stranger's pause grows to, and of quiet after which he is forgotten"""
AGAIN = 5.0
"""seconds until the next attempt when the database is away"""
MOST = 100
"""things of known bearers that are told apart at a time"""
EACH = 10
"""refusals of one bearer that are told apart at a time"""
STRANGERS = 20
"""kinds of refusals of strangers that are told apart at a time"""
NAMED = 5
"""addresses that a row names"""
OTHERS = "(others)"

Action = Literal["access.refused", "access.operator"]


class Thing(msgspec.Struct, frozen=True):
    """What is counted together."""

    action: Action
    by: str
    """the principal's name; empty: nobody's"""
    company: str | None
    """the principal's"""
    route: str
    """of a stranger: its family"""
    status: int = 0
    tenant: str | None = None
    """whose data it was about; None: of all, of none, or not known"""
    network: str = ""
    """a stranger's"""

    @property
    def strange(self) -> bool:
        return not self.by


class Due(msgspec.Struct, frozen=True):
    """A row to be written."""

    thing: Thing
    times: int
    """since the last row of this thing, which all stand in this one"""
    addresses: list[str]


class _Count:
    __slots__ = ("addresses", "due", "last", "pause", "times")

    def __init__(self) -> None:
        self.times = 0
        self.addresses: dict[str, None] = {}
        self.pause = 0.0
        self.due = float("-inf")
        self.last = 0.0


class Tally:
    """Times are in seconds of any clock that only goes forward."""

    def __init__(self, every: float = EVERY) -> None:
        self._every = every
        self._counts: dict[Thing, _Count] = {}

    @property
    def things(self) -> list[Thing]:
        """What is told apart now."""
        return list(self._counts)

    def note(self, thing: Thing, address: str, times: int, now: float) -> bool:
        """Count something; whether a row is due."""
        thing = self._shared(thing)
        count = self._counts.setdefault(thing, _Count())
        count.times += times
        count.last = now
        if address and len(count.addresses) < NAMED:
            count.addresses[address] = None
        return now >= count.due

    def _shared(self, thing: Thing) -> Thing:
        """The thing, or the one that it shares with others because too many are told apart."""
        if thing in self._counts:
            return thing
        if thing.strange:
            room = sum(one.strange for one in self._counts) < STRANGERS
            return thing if room else Thing(thing.action, "", None, OTHERS)
        if thing.action == "access.refused":
            mine = sum(
                (one.action, one.by, one.company) == (thing.action, thing.by, thing.company) for one in self._counts
            )
            if mine >= EACH:
                thing = Thing(thing.action, thing.by, thing.company, OTHERS)
        room = thing in self._counts or sum(not one.strange for one in self._counts) < MOST
        return thing if room else Thing(thing.action, OTHERS, None, OTHERS)

    def take(self, now: float, everything: bool = False) -> list[Due]:
        """What is to be written now. Say afterwards whether it was: `written` or `failed`."""
        due = []
        for thing, count in list(self._counts.items()):
            rested = now >= count.due
            if count.times and (rested or everything):
                due.append(Due(thing, count.times, list(count.addresses)))
                count.pause = min(max(2 * count.pause, self._every), max(LONGEST, self._every))
                if not thing.strange:
                    count.pause = self._every
                count.due = now + count.pause
                count.times, count.addresses = 0, {}
            elif rested and not count.times and (not thing.strange or now - count.last >= LONGEST):
                del self._counts[thing]
        return due

    def failed(self, due: list[Due], now: float) -> None:
        """Nothing was written: count it again, and soon try again."""
        for row in due:
            count = self._counts.setdefault(row.thing, _Count())
            count.times += row.times
            count.addresses = dict.fromkeys([*row.addresses, *count.addresses][:NAMED])
            count.pause /= 2
            count.due = now + AGAIN


def network(address: str) -> str:
    """The /24 that an address of IPv4 is in, the /64 of one of IPv6; empty for what is none."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is not None:
        found = found.ipv4_mapped
    return str(ipaddress.ip_network((found, 24 if found.version == 4 else 64), strict=False))


def family(route: str) -> str:
    """What a route begins with: at most two parts, none of which varies."""
    fixed = route.partition("{")[0].strip("/").split("/")
    return "/" + "/".join(fixed[:2]) if route else ""
