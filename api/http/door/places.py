"""The connections there are: so many in all, and so many of one client.

Where there is no place left, the connection that has waited longest for its request to arrive makes room: who opens
many and says nothing, or says it slowly, drives himself out, and nobody who asks at once is kept waiting. Only where
all are being answered the newcomer is refused.
"""

import logging
from asyncio import Transport
from collections import OrderedDict

from api.http.door.bounds import Bounds
from api.http.door.clients import Proxies, counted
from core.seldom import Seldom

LOG = logging.getLogger("harmony.http")


class _Client:
    __slots__ = ("number", "waiting")

    def __init__(self) -> None:
        self.number = 0
        self.waiting: OrderedDict[Transport, None] = OrderedDict()


class Places:
    """Of one event loop. A connection is known by its transport, which it keeps when it becomes a WebSocket."""

    def __init__(self, bounds: Bounds) -> None:
        self.bounds, self._seldom = bounds, Seldom(_left_out)
        self._proxies = Proxies(bounds.proxies)
        self._clients: dict[str, _Client] = {}
        self._taken: dict[Transport, str] = {}
        self._waiting: OrderedDict[Transport, None] = OrderedDict()
        self.driven_out = self.refused = 0

    def __len__(self) -> int:
        return len(self._taken)

    def take(self, transport: Transport, address: str) -> str | None:
        """Take a place; why there is none, a sentence."""
        key = "" if address in self._proxies else counted(address)
        client = self._clients.get(key)
        if key and client is not None and client.number >= self.bounds.connections_each:
            if not self._make_room(client.waiting):
                return f"There are {self.bounds.connections_each} connections from your address already: close some."
        elif len(self._taken) >= self.bounds.connections and not self._make_room(self._waiting):
            return f"There are {self.bounds.connections} connections already: try again in a moment."
        client = self._clients.setdefault(key, _Client())  # the one that made room may have been the last of its own
        client.number += 1
        self._taken[transport] = key
        self.waits(transport)
        return None

    def waits(self, transport: Transport) -> None:
        """It waits for a request, from now."""
        if (key := self._taken.get(transport)) is not None:
            for queue in (self._waiting, self._clients[key].waiting):
                queue[transport] = None
                queue.move_to_end(transport)

    def works(self, transport: Transport) -> None:
        """Its request is there and is being answered."""
        if (key := self._taken.get(transport)) is not None:
            self._waiting.pop(transport, None)
            self._clients[key].waiting.pop(transport, None)

    def leave(self, transport: Transport) -> None:
        """It is over; a second time does nothing."""
        self.works(transport)
        if (key := self._taken.pop(transport, None)) is not None:
            client = self._clients[key]
            client.number -= 1
            if not client.number:
                del self._clients[key]

    def may_say(self, kind: str) -> bool:
        """Whether something that a stranger causes may be said in the log now."""
        return self._seldom.may(kind)

    def _make_room(self, waiting: OrderedDict[Transport, None]) -> bool:
        if not waiting:
            self.refused += 1
            return False
        oldest = next(iter(waiting))
        self.driven_out += 1
        if self.may_say("http.driven-out"):
            LOG.warning(
                "a connection of %s that sent no request made room for a new one", self._taken[oldest] or "a proxy"
            )
        self.leave(oldest)
        oldest.abort()
        return True


def _left_out(kind: str, number: int, period: float) -> None:
    LOG.warning("%d more clients were refused within %.0f s (%s)", number, period, kind)
