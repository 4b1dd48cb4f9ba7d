"""How everything is, looked at every two seconds for all readers of this process; the heartbeat of the streams.

While the database is away there is still a pulse: it says so, with the last figures that were known.
"""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import psycopg

from api.health.followers import document
from api.health.health import Health, examine
from core.errors import HarmonyError
from core.following import standings
from core.following.tasks import follow

EVERY = 2.0
AWAY = "The database is away: what you see does not change until it is back."

WORDS = {
    "link.down": "A switch is not connected: live calls may be out of date.",
    "link.silent": "A switch is silent: live calls may be out of date.",
    "bridge.silent": "New events may not arrive.",
    "bridge.absent": "New events may not arrive.",
    "nothing.runs": "New events may not arrive.",
    "projection.absent": "Calls are shown late.",
    "projection.silent": "Calls are shown late.",
    "bridge.spool": "Some events wait: they follow when they are stored.",
    "bridge.blocked": "New events do not arrive: there is no room for them.",
    "projection.stuck": "Calls are shown late.",
    "calls.ghosts": "Some live calls may have ended.",
    "projection.behind": "Calls are shown late.",
    "follower.trouble": "A part of the system is in trouble: some of what you see may be late.",
}
"""Problems in words that name no machine, for those who only need to know what they see."""


class Pulse:
    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._connection: psycopg.Connection[Any] | None = None
        self.health: Health | None = None
        """As of the last look; None while the database is away."""
        self.document: dict[str, Any] = {
            "position": 0,
            "switches": [],
            "followers": [],
            "problems": [],
            "degraded": [],
        }
        self.data = msgspec.json.encode(self.document)
        """for operators; of the shape that it always has, also before the first look"""
        self.data_of_companies = self.data
        """the same for a company: how it is, and nothing of the machines and of others"""
        self._look_again = asyncio.Lock()

    async def beat(self) -> None:
        """Look for ever. Cancel it to end."""
        await follow("pulse", self.look, EVERY)

    async def look(self) -> Health | None:
        """Look now; one look at a time."""
        async with self._look_again:
            self.health = await asyncio.to_thread(self._examine)
        now = datetime.now(UTC).isoformat()
        if self.health is not None:
            self.document = self.health.document() | {"at": now}
        else:
            mine = [document("http", one) for one in standings() if one.trouble]
            away = {
                "status": "degraded",
                "at": now,
                "followers": mine,
                "degraded": ["database.away"],
                "problems": [AWAY],
            }
            self.document = self.document | away
        self.data = msgspec.json.encode(self.document)
        self.data_of_companies = msgspec.json.encode(self.for_companies())
        return self.health

    def for_companies(self) -> dict[str, Any]:
        """What a company is told."""
        told = {name: self.document.get(name) for name in ("status", "at", "position", "lag_seconds", "degraded")}
        away = self.document["problems"] if self.health is None else []
        behind = [WORDS[code] for code in self.document["degraded"] if code in WORDS]
        return told | {"switches": [], "problems": list(dict.fromkeys([*away, *behind]))}

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _examine(self) -> Health | None:
        try:
            if self._connection is None or self._connection.closed:
                self._connection = psycopg.connect(self._dsn, autocommit=True, connect_timeout=2)
            return examine(self._connection)
        except (psycopg.Error, HarmonyError):
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            return None
