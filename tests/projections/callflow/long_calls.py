"""Calls that go on and on, as events that a switch would send."""

from collections.abc import Iterator
from uuid import NAMESPACE_OID, uuid5

from bridge.term import Atom, encode
from core.event import SwitchEvent, version_of

SWITCH = "freeswitch@pbx1"
BEGIN = 1_795_435_200_000_000


def event(topic: str, leg: str, number: int, at: int, headers: dict[str, str]) -> SwitchEvent:
    """One event of a leg, `at` microseconds after the beginning."""
    named = {"Event-Name": topic, "Unique-ID": leg, **headers}
    term = encode((Atom("event"), [leg.encode(), *((name.encode(), value.encode()) for name, value in named.items())]))
    return SwitchEvent(
        position=number,
        stream=uuid5(NAMESPACE_OID, leg),
        version=version_of(1, number),
        topic=topic,
        occurred_at=BEGIN + at,
        stored_at=BEGIN + at,
        switch=SWITCH,
        term=term,
    )


def _profile(party: str, direction: str, at: int) -> dict[str, str]:
    made = {
        "Channel-Name": f"sofia/internal/{party}@alpha.example",
        "Call-Direction": direction,
        "Caller-Caller-ID-Number": "1001",
        "Caller-Destination-Number": "1002",
        "Caller-Context": "alpha.example",
        "Caller-Channel-Created-Time": str(BEGIN + at),
        "variable_domain_name": "alpha.example",
    }
    if direction == "inbound":
        return made | {"variable_user_name": party}
    return made | {"variable_dialed_user": party, "variable_dialed_domain": "alpha.example"}


class HeldCall:
    """1001 calls 1002, who puts the caller on hold and takes him back, again and again, every two seconds."""

    def __init__(self, leg: str, number: int = 1, after: int = 0) -> None:
        """`number` is that of its first event, `after` how many seconds it begins later than others."""
        self._leg, self._other = leg, f"{leg}-other"
        self._number, self._at, self._held = number, after * 1_000_000, False

    def begin(self) -> list[SwitchEvent]:
        """Five events: both phones, two answers, a bridge."""
        leg, other, at = self._leg, self._other, self._at
        called = _profile("1002", "outbound", at) | {"variable_originator": leg}
        return [
            self._next("CHANNEL_CREATE", leg, _profile("1001", "inbound", at)),
            self._next("CHANNEL_CREATE", other, called),
            self._next("CHANNEL_ANSWER", other, {}),
            self._next("CHANNEL_ANSWER", leg, {}),
            self._next("CHANNEL_BRIDGE", leg, {"Bridge-A-Unique-ID": leg, "Bridge-B-Unique-ID": other}),
        ]

    def turns(self, count: int) -> Iterator[SwitchEvent]:
        """So many holds and returns, one event each."""
        for _ in range(count):
            self._at += 2_000_000
            self._held = not self._held
            yield self._next("CHANNEL_HOLD" if self._held else "CHANNEL_UNHOLD", self._other, {})

    def _next(self, topic: str, leg: str, headers: dict[str, str]) -> SwitchEvent:
        self._number += 1
        self._at += 20_000
        return event(topic, leg, self._number, self._at, headers)
