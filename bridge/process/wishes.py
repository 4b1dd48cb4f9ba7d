"""What users wish by feature codes: read from the log, done to the registry, once each and in order.

The dialplan's `event` puts a wish into the log like anything else that happens on a switch (bridge/fetch/features.py).
Each switch has a row in log.follower: how far its wishes were seen to. A wish, the record of it, and that row are one
transaction, so that a kill at any moment leaves nothing out and records nothing twice. While the registry is away the
wish waits, and those behind it do; one that cannot be digested is put aside, and recorded as refused. Two bridges of
one switch take turns.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, Final, LiteralString

import msgspec

from bridge.fetch.features import SUBCLASS
from core.errors import HarmonyError, LogError, LogRefused
from core.event import SEQUENCE_BITS, SwitchEvent
from core.following import Follower, Session
from core.following.course import sentence
from core.log import EventLog
from core.log.codec import BadState
from core.log.driver import translated
from core.log.hearing import connected
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
    "SELECT position, originator_version FROM log.switch_event"
    " WHERE topic = 'CUSTOM harmony_feature::wish' AND position > %s"
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


class Wishes(Follower):
    """Start it once a bridge."""

    def __init__(self, dsn: str, registry: LiveRegistry, switches: Sequence[str], poll: float = POLL) -> None:
        super().__init__("wishes", first=poll, longest=LONGEST_BACK_OFF)
        self._dsn, self._registry, self._switches, self._poll = dsn, registry, switches, poll
        self._done = self._refused = 0

    @property
    def stats(self) -> WishStats:
        """Return this moment's figures."""
        return WishStats(self._done, self._refused, self.standing.trouble or "")

    def stop(self, timeout: float = 20.0) -> bool:
        """End; the wish that is being done is finished."""
        return super().stop(timeout)

    @contextmanager
    def session(self) -> Iterator[Session]:
        """See to the wishes of all switches, one of each in turn."""
        while self._registry.absent and not self.stopping.is_set():
            self.rest(self._poll)  # nobody can wish anything of a registry that is not there
        with EventLog(self._dsn) as log, connected(self._dsn, "harmony wishes") as connection:
            self._begin(connection)
            yield Session(lambda: self._round(connection, log), lambda: self.rest(self._poll))

    def _round(self, connection: Connection, log: EventLog) -> bool:
        seen_to = [self._step(connection, log, switch) for switch in self._switches]
        return True in seen_to

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
            position, run = int(str(found[0])), int(str(found[1])) >> SEQUENCE_BITS
            imported = connection.execute(_IMPORTED, {"at": position}).fetchone()
            if imported != (True,) and log.core_of(run)[1] == switch:
                self._see_to(connection, log, position, switch)
            connection.execute(_MOVE, (position, _name(switch)))
        return True

    def _see_to(self, connection: Connection, log: EventLog, position: int, switch: str) -> None:
        """Do the wish at a position, if it is one of the switch's; put aside what cannot be digested."""
        event: SwitchEvent | None = None
        try:
            event = log.get(position)
            if event is not None:
                with translated(), connection.transaction():
                    self._act(connection, event)
        except Exception as error:
            if _of_the_machine(error):
                raise
            self.put_aside(f"The wish by feature code at position {position} cannot be read", error)
            reason = f"It could not be digested ({sentence(error)})."
            self._refuse(connection, event, reason, {"switch": switch, "caused_position": position})

    def _act(self, connection: Connection, event: SwitchEvent) -> None:
        how = {"way": "feature-code", "switch": event.switch, "leg": event.leg, "caused_position": event.position}
        if not self._registry.state.current and not (self._registry.refresh() and self._registry.state.current):
            raise RegistryAway(self._registry.state.trouble or "The registry was not read yet: wait a moment.")
        try:
            wanted = wish(event)
            do(self._registry, wanted.domain, wanted.user, wanted.deed)
        except RegistryRefused as error:
            LOG.warning("A wish by feature code at position %d was refused: %s", event.position, error)
            self._refuse(connection, event, str(error), how)
            self._refused += 1
            return
        who = f"{wanted.user}@{wanted.domain}"
        tell(connection, wanted.domain, wanted.user, wanted.deed, who, **how)
        self._done += 1

    def _refuse(self, connection: Connection, event: SwitchEvent | None, reason: str, how: dict[str, Any]) -> None:
        """Record that a wish is not done, for its company where that is known."""
        user, domain = _header(event, "Harmony-User"), _header(event, "Harmony-Domain")
        known = self._registry.current.company(domain) is not None
        record_action(
            connection,
            "user.refused",
            f"{user}@{domain}"[:200],
            reason=reason,
            details=how,
            tenant=domain if known else None,
        )


def _of_the_machine(error: Exception) -> bool:
    """Whether an error says nothing about the wish, so that it may be done when it is tried again."""
    if isinstance(error, (BadState, LogRefused, RegistryRefused)):
        return False
    return isinstance(error, (LogError, RegistryError))


def _header(event: SwitchEvent | None, name: str) -> str:
    """A header for the record, as far as it can be read."""
    with suppress(HarmonyError):
        return (event.get(name) or "") if event is not None else ""
    return ""


def _name(switch: str) -> str:
    return f"wishes {switch}"
