"""Which bridge hears which switch, by what the bridges tell of their links: what one misses is a gap only where no
other one was listening.

Two bridges of different names each get the whole stream of a switch, and the log keeps each event once. So a link that
is lost says nothing of a call while another stands. What is known is a small state of its own at rest, beside those of
the calls, so that a fold that starts again knows it. Instants are µs since the epoch.
"""

from collections.abc import Iterable

import msgspec

from core.event import SwitchEvent
from core.numbers import instant

Interval = tuple[int, int | None]
"""from when until when; None: it lasts"""

CALL_ID = "harmony::hearing"
"""under which the state is kept: no leg of a switch is called so, for an id of a call is one of its legs'"""

_EVER = 1 << 62
# A link that comes and goes all day leaves no more behind than this.
_KEPT = 16


class Stored(msgspec.Struct, array_like=True, tag="hearing"):
    """What is known, at rest."""

    spans: list[tuple[str, str, list[tuple[int, int]]]]
    """switch, bridge, and when that bridge heard that switch"""


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Stored)


class Hearing:
    """The times in which bridges heard switches."""

    def __init__(self) -> None:
        self._spans: dict[tuple[str, str], list[tuple[int, int]]] = {}
        self.changed = False

    def take(self, event: SwitchEvent, switch: str) -> list[Interval]:
        """Take in that a link is up or down; return when nobody heard the switch, as far as this event tells of it."""
        bridge = event.get("Harmony-Node") or ""
        since, at = instant(event.get("Harmony-Since")), event.occurred_at
        spans = self._spans.setdefault((switch, bridge), [])
        self.changed = True
        last = spans[-1] if spans else None
        ended = at if since is None else min(since, at)
        if last is not None and last[1] == _EVER:
            spans[-1] = (last[0], max(last[0], ended))
        elif last is None and event.topic.endswith("link_down"):
            spans.append((0, ended))  # its begin was told before this log begins
        if event.topic.endswith("link_down"):
            return self._unheard(switch, bridge, ended, _EVER)
        spans.append((at, _EVER))
        del spans[:-_KEPT]
        # A link that is up for the first time has missed what was before; of that nothing is known here.
        return self._unheard(switch, bridge, ended, max(at, ended + 1))

    def _unheard(self, switch: str, bridge: str, since: int, until: int) -> list[Interval]:
        left = [(since, until)]
        for (where, name), spans in self._spans.items():
            if where == switch and name not in ("", bridge):
                left = list(_without(left, spans))
        return [(start, None if end == _EVER else end) for start, end in left]

    def rest(self) -> bytes:
        """The state at rest."""
        return _encode(Stored([(*key, spans) for key, spans in self._spans.items()]))

    def restore(self, state: bytes) -> bool:
        """Take it from a state at rest; False for one that is a call's."""
        try:
            stored = _decoder.decode(state)
        except msgspec.ValidationError:
            return False
        if not self._spans:
            self._spans = {(switch, bridge): list(spans) for switch, bridge, spans in stored.spans}
        return True


def _without(left: list[tuple[int, int]], heard: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    for start, end in heard:
        rest = []
        for since, until in left:
            if end <= since or until <= start:
                rest.append((since, until))
                continue
            if since < start:
                rest.append((since, start))
            if end < until:
                rest.append((end, until))
        left = rest
    return left
