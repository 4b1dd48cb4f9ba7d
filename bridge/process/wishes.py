"""What users wish by feature codes: read from the log, done to the registry, once each and in order.

The dialplan's `event` puts a wish into the log like anything else that happens on a switch (bridge/fetch/features.py).
Each switch has a row in log.follower: how far its wishes were seen to. A wish, the record of it, and that row are one
transaction, so that a kill at any moment leaves nothing out and records nothing twice. While the registry is away the
wish waits, and those behind it do. A thread; two bridges of one switch take turns.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Sequence
from typing import Final, LiteralString

import msgspec

from bridge.fetch.features import SUBCLASS
from core.errors import LogError
from core.event import SwitchEvent
from core.log import EventLog
from core.log.codec import BadState
from core.log.driver import connect, translated
from core.log.insert import Connection
from core.operating import record_action
from core.registry.deeds import Deed, DoNotDisturb, Forward, do, tell
from core.registry.errors import RegistryAway, RegistryError, RegistryRefused
from core.registry.live import LiveRegistry

LOG: Final = logging.getLogger("harmony.wishes")
POLL: Final = 0.25
"""seconds between two looks"""
LONGEST_BACK_OFF: Final = 15.0
assert SUBCLASS == "harmony_feature::wish", "the index (0076) and the query name it"
_NEXT: LiteralString = (
    "SELECT position FROM log.switch_event WHERE topic = 'CUSTOM harmony_feature::wish' AND position > %s"
    " ORDER BY position LIMIT 1"
)
_BEGIN: LiteralString = (
    "INSERT INTO log.follower (name, position) SELECT %s, coalesce(max(position), 0) FROM log.switch_event"
    " ON CONFLICT (name) DO NOTHING"
)
_PLACE: LiteralString = "SELECT position FROM log.follower WHERE name = %s FOR UPDATE"
_MOVE: LiteralString = "UPDATE log.follower SET position = %s, updated_at = clock_timestamp() WHERE name = %s"
_IMPORTED: LiteralString = (
    "SELECT EXISTS (SELECT FROM log.imported_range WHERE first_position <= %(at)s AND last_position >= %(at)s)"
)


class WishStats(msgspec.Struct, frozen=True):
    """What became of wishes since the start."""

    done: int = 0
    refused: int = 0
    trouble: str = ""
    """why they wait, one sentence; empty while they do not"""


class Wish(msgspec.Struct, frozen=True):
    """Who wants what."""

    domain: str
    user: str
    deed: Deed


def wish(event: SwitchEvent) -> Wish:
    """What an event wishes; raises `RegistryRefused` for one that is none, or not of the leg that makes it."""
    domain, user = event.get("Harmony-Domain") or "", event.get("Harmony-User") or ""
    value = event.get("Harmony-Value") or ""
    context = event.get("Caller-Context")
    if event.leg is None or not domain or not user:
        raise RegistryRefused("A wish names its leg, its domain and its user; this one does not.")
    if context is not None and context.lower() != domain.lower():
        raise RegistryRefused(f"A leg in the context {context[:100]!r} cannot wish for users of {domain[:100]!r}.")
    match (event.get("Harmony-Wish") or "").split("."):
        case ["forward", ("always" | "busy" | "no-answer") as kind]:
            return Wish(domain, user, Forward(kind, None if value == "off" else value))
        case ["do-not-disturb"] if value in ("on", "off"):
            return Wish(domain, user, DoNotDisturb(value == "on"))
        case other:
            raise RegistryRefused(f"There is no wish {'.'.join(other)[:60]!r} with the value {value[:60]!r}.")


class Wishes(threading.Thread):
    """Start it once a bridge."""

    def __init__(self, dsn: str, registry: LiveRegistry, switches: Sequence[str], poll: float = POLL) -> None:
        super().__init__(name="wishes", daemon=True)
        self._dsn, self._registry, self._switches, self._poll = dsn, registry, switches, poll
        self._ended = threading.Event()
        self._done = self._refused = 0
        self._trouble = ""

    @property
    def stats(self) -> WishStats:
        """Return this moment's figures."""
        return WishStats(self._done, self._refused, self._trouble)

    def stop(self) -> None:
        """End; the wish that is being done is finished."""
        self._ended.set()
        if self.is_alive():
            self.join(20)

    def run(self) -> None:
        """Follow until told to end (the thread's own business)."""
        delay = self._poll
        while self._registry.absent and not self._ended.wait(self._poll):
            pass  # nobody can wish anything of a registry that is not there
        while not self._ended.is_set():
            try:
                with EventLog(self._dsn) as log, connect(self._dsn, "harmony wishes") as connection:
                    self._begin(connection)
                    while not self._ended.is_set():
                        if not any(self._step(connection, log, switch) for switch in self._switches):
                            self._ended.wait(self._poll)
                        self._trouble, delay = "", self._poll
            except (RegistryError, LogError) as error:
                if not self._trouble:
                    LOG.warning("What users wish by feature codes waits: %s", error)
                self._trouble = str(error)
                self._ended.wait(delay)
                delay = min(delay * 2, LONGEST_BACK_OFF)

    def _begin(self, connection: Connection) -> None:
        with translated():
            for switch in self._switches:
                connection.execute(_BEGIN, (_name(switch),))

    def _step(self, connection: Connection, log: EventLog, switch: str) -> bool:
        """See to the next wish; say whether there was one."""
        with translated(), connection.transaction():
            place = connection.execute(_PLACE, (_name(switch),)).fetchone()
            found = connection.execute(_NEXT, place).fetchone() if place is not None else None
            if found is None:
                return False
            position = int(str(found[0]))
            imported = connection.execute(_IMPORTED, {"at": position}).fetchone()
            event = None if imported == (True,) else _event(log, position)
            if event is not None and event.switch == switch:
                self._act(connection, event)
            connection.execute(_MOVE, (position, _name(switch)))
        return True

    def _act(self, connection: Connection, event: SwitchEvent) -> None:
        how = {"way": "feature-code", "switch": event.switch, "leg": event.leg, "caused_position": event.position}
        if not self._registry.state.current and not (self._registry.refresh() and self._registry.state.current):
            raise RegistryAway(self._registry.state.trouble or "The registry was not read yet: wait a moment.")
        try:
            wanted = wish(event)
            do(self._registry, wanted.domain, wanted.user, wanted.deed)
        except RegistryRefused as error:
            LOG.warning("A wish by feature code at position %d was refused: %s", event.position, error)
            user, domain = event.get("Harmony-User") or "", event.get("Harmony-Domain") or ""
            known = self._registry.current.company(domain) is not None
            record_action(
                connection,
                "user.refused",
                f"{user}@{domain}"[:200],
                reason=str(error),
                details=how,
                tenant=domain if known else None,
            )
            self._refused += 1
            return
        who = f"{wanted.user}@{wanted.domain}"
        tell(connection, wanted.domain, wanted.user, wanted.deed, who, **how)
        self._done += 1


def _event(log: EventLog, position: int) -> SwitchEvent | None:
    try:
        return log.get(position)
    except BadState as error:
        LOG.warning("The wish at position %d cannot be read: %s", position, error)
        return None


def _name(switch: str) -> str:
    return f"wishes {switch}"
