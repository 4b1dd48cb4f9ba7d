"""The commands as rows: intent before anything is sent, one outcome each, and both as events in the same transaction.

Who asks calls `request`; the bridge that has the switch takes with `claim`, tells with `accepted` and `completed`, and
says at its start with `abandoned` what a dead one left behind. A command is sent once at most: what was claimed is
never given out again, and what was not sent by its deadline never acts. How orders become words for a switch is not
in here.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Collection
from types import TracebackType
from typing import Any, Self, TypeVar, cast
from uuid import UUID, uuid4

import msgspec

from core.commands.checks import checked
from core.commands.events import CommandEvents
from core.commands.orders import Command, Dtmf, KeyReused, Order, RecordStart, Result, Status, kind_of, leg_of
from core.log.driver import connect, translated
from core.log.insert import Connection

T = TypeVar("T")
CHANNEL = "harmony_command"
"""NOTIFY of a new command; the payload is the switch. A hint only: who misses it finds the row by `claim`."""
PATIENCE = 10.0
"""seconds in which a command must have been sent"""
NOT_KNOWN = "It is not known whether the switch obeyed: the bridge ended in between, and nothing was repeated."
_EXPIRED = "It was not sent in time, and will not be: nothing was done."
_LONGEST_SAID = 8000

_INSERT = """
    INSERT INTO log.command
        (command_id, switch, kind, asked, leg, tenant, by, call_id, idempotency_key, bearer, fingerprint, deadline)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp() + make_interval(secs => %s))
    ON CONFLICT DO NOTHING RETURNING requested_at, deadline
"""
_KEY = """
    SELECT command_id, fingerprint FROM log.command WHERE bearer = %s AND idempotency_key = %s
"""
_COMMAND = "command_id, switch, asked::text, tenant, by, call_id, requested_at, deadline, number"
_CLAIM = f"""
    UPDATE log.command SET state = 'sending', claimed_at = clock_timestamp(), claimed_by = %s
    WHERE command_id IN (
        SELECT command_id FROM log.command
        WHERE state = 'requested' AND switch = ANY(%s) AND deadline > clock_timestamp()
        ORDER BY number LIMIT %s FOR UPDATE SKIP LOCKED)
    RETURNING {_COMMAND}
"""
_COMPLETE = f"""
    UPDATE log.command SET state = 'completed', result = %s, said = %s, new_leg = coalesce(%s, new_leg),
        completed_at = clock_timestamp()
    WHERE command_id IN (SELECT command_id FROM log.command WHERE {{}} ORDER BY number FOR UPDATE SKIP LOCKED)
    RETURNING {_COMMAND}, new_leg, completed_at
"""
_ONE = "command_id = %s AND state <> 'completed'"
_LATE = "state = 'requested' AND deadline <= clock_timestamp() AND (%s::text[] IS NULL OR switch = ANY(%s))"
_LEFT = """
    state IN ('sending', 'sent') AND switch = ANY(%s)
    AND (claimed_by IS NOT DISTINCT FROM %s OR claimed_at < clock_timestamp() - interval '10 minutes')
"""
_STATUS = """
    SELECT command_id, kind, switch, call_id, leg, tenant, by, state, result, said, new_leg,
        requested_at, deadline, sent_at, completed_at
    FROM log.command WHERE command_id = %s AND (%s::text IS NULL OR tenant = %s)
"""
# The last start of a call's consultation that nothing has ended yet; its target's leg, once that is known.
_CONSULTATION = """
    SELECT command_id, switch, asked::text, new_leg FROM log.command c
    WHERE call_id = ANY(%s) AND kind = 'transfer.attended'
      AND (state IN ('sending', 'sent') OR result = 'ok')
      AND NOT EXISTS (SELECT FROM log.command e WHERE e.call_id = ANY(%s) AND e.number > c.number
                      AND e.kind IN ('transfer.complete', 'transfer.cancel') AND e.result = 'ok')
    ORDER BY number DESC LIMIT 1
"""
# The last recording that was begun by command and not ended.
_RECORDING = """
    SELECT asked::text FROM log.command c
    WHERE call_id = ANY(%s) AND kind = 'record.start' AND (%s::text IS NULL OR leg = %s)
      AND (state IN ('sending', 'sent') OR result = 'ok')
      AND NOT EXISTS (SELECT FROM log.command e WHERE e.call_id = c.call_id AND e.number > c.number
                      AND e.kind = 'record.stop' AND e.result = 'ok' AND e.asked ->> 'name' = c.asked ->> 'name')
    ORDER BY number DESC LIMIT 1
"""


class Requested(msgspec.Struct, frozen=True):
    """What was asked for has been noted; ``replayed``: it had been before, under the same key."""

    command_id: UUID
    replayed: bool
    kind: str
    switch: str
    call_id: str | None
    leg: str | None
    deadline: int
    """µs since the epoch"""


class Consultation(msgspec.Struct, frozen=True):
    """A running attended transfer."""

    command_id: UUID
    switch: str
    order: Order
    consult: str | None
    """the third one's leg, None while the switch has not told it"""


class CommandStore:
    """One connection to the commands. Safe to use from several threads, one call at a time; connects again by itself.

    ``dtmf``: with ``redact``, digits are in no event, and in the row only until they have been sent.
    """

    def __init__(self, dsn: str, *, dtmf: str = "keep", bridge: str | None = None) -> None:
        """``bridge``: the node name of the bridge that takes commands through this store."""
        self.dsn = dsn
        self._bridge = bridge
        self._lock = threading.RLock()
        self._opened: Connection | None = None
        self._events = CommandEvents(dtmf)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; a later call would open it again."""
        with self._lock:
            if self._opened is not None:
                self._opened.close()
                self._opened = None

    def work(self, do: Callable[[Connection], T]) -> T:
        """Do something with the connection to the database, in its turn."""
        with self._lock, translated():
            return do(self._connection())

    # For who asks

    def request(
        self,
        order: Order,
        *,
        switch: str,
        tenant: str | None,
        by: str,
        call_id: str | None = None,
        idempotency_key: str | None = None,
        bearer: str | None = None,
        fingerprint: bytes | None = None,
        patience: float = PATIENCE,
    ) -> Requested:
        """Note a command and announce it, in one transaction; raise `BadOrder`, or `KeyReused`.

        The same key of the same ``bearer`` (``by`` without one) with the same ``fingerprint`` gives the command that
        is there already; the fingerprint is of the order, switch and call unless one of the whole question is given.
        """
        checked(order)
        asked = msgspec.json.encode(order)
        print_ = fingerprint or hashlib.sha256(b"\0".join((asked, switch.encode(), (call_id or "").encode()))).digest()
        command_id, kind, leg = uuid4(), kind_of(order), leg_of(order)
        whose = bearer or by
        values = (command_id, switch, kind, asked.decode(), leg, tenant, by, call_id)
        with self._lock, translated():
            connection = self._connection()
            with connection.transaction():
                row = connection.execute(
                    _INSERT, (*values, idempotency_key, whose, print_, patience), binary=True
                ).fetchone()
                if row is not None:
                    requested_at, deadline = cast(tuple[int, int], row)
                    command = Command(
                        command_id=command_id,
                        switch=switch,
                        order=order,
                        tenant=tenant,
                        by=by,
                        call_id=call_id,
                        requested_at=requested_at,
                        deadline=deadline,
                    )
                    self._events.requested(connection, command)
                    connection.execute("SELECT pg_notify(%s, %s)", (CHANNEL, switch))
                    return Requested(command_id, False, kind, switch, call_id, leg, deadline)
        assert idempotency_key is not None, "only a key can be there already"
        known = self.known(idempotency_key, bearer=whose, fingerprint=print_)
        assert known is not None
        return known

    def known(self, idempotency_key: str, *, bearer: str, fingerprint: bytes) -> Requested | None:
        """Return the command that a key stands for already, None for a new key; raise `KeyReused`."""
        with self._lock, translated():
            row = self._connection().execute(_KEY, (bearer, idempotency_key)).fetchone()
        if row is None:
            return None
        if row[1] != fingerprint:
            raise KeyReused(
                f"The idempotency key {idempotency_key!r} stands for another request, command {row[0]}: "
                "give each new request a key of its own."
            )
        status = self.get(cast(UUID, row[0]), None)
        assert status is not None
        return Requested(
            status.command_id, True, status.kind, status.switch, status.call_id, status.leg, status.deadline
        )

    def get(self, command_id: UUID, tenant: str | None) -> Status | None:
        """Return how it stands with a command, None when there is none that this tenant (None: all) may see."""
        with self._lock, translated():
            row = self._connection().execute(_STATUS, (command_id, tenant, tenant), binary=True).fetchone()
        return None if row is None else msgspec.convert(dict(zip(Status.__struct_fields__, row, strict=True)), Status)

    def consultation(self, call_ids: Collection[str]) -> Consultation | None:
        """Return the attended transfer that runs in a call (its id and those merged into it), None without one."""
        ids = list(call_ids)
        with self._lock, translated():
            row = self._connection().execute(_CONSULTATION, (ids, ids)).fetchone()
        if row is None:
            return None
        command_id, switch, asked, consult = cast(tuple[UUID, str, str, str | None], row)
        return Consultation(command_id, switch, msgspec.json.decode(asked, type=Order), consult)

    def recording(self, call_ids: Collection[str], leg: str | None = None) -> RecordStart | None:
        """Return the recording of a call (or of one leg in it) that a command began and none has ended yet."""
        with self._lock, translated():
            row = self._connection().execute(_RECORDING, (list(call_ids), leg, leg)).fetchone()
        return None if row is None else msgspec.json.decode(cast(str, row[0]), type=RecordStart)

    def expire(self, switches: Collection[str] | None = None) -> list[UUID]:
        """Complete as expired what nobody took in time (of some switches or all); return which commands."""
        names = None if switches is None else list(switches)
        return self._finish(_LATE, (names, names), "expired", _EXPIRED, None)

    # For the bridge

    def claim(self, switches: Collection[str], limit: int = 100) -> list[Command]:
        """Take what waits for these switches, oldest first; nobody else will get it. What is too late is expired."""
        self.expire(switches)
        with self._lock, translated():
            rows = self._connection().execute(_CLAIM, (self._bridge, list(switches), limit), binary=True).fetchall()
        return [_command(row) for row in sorted(rows, key=lambda row: cast(int, row[8]))]

    def accepted(self, command_id: UUID, job: str | None = None, leg: str | None = None) -> None:
        """Note that the switch has it now: its number for the job, the leg that is being made, where known."""
        update = """
            UPDATE log.command
            SET state = 'sent', sent_at = clock_timestamp(), job = %s, new_leg = coalesce(%s, new_leg)
            WHERE command_id = %s AND state = 'sending'
        """
        with self._lock, translated():
            self._connection().execute(update, (job, leg, command_id))

    def completed(self, command_id: UUID, result: Result, said: str, leg: str | None = None) -> bool:
        """Note and announce the outcome; ``leg``: one that was made. False when it had one already."""
        return bool(self._finish(_ONE, (command_id,), result, said, leg))

    def abandoned(self, switches: Collection[str]) -> list[UUID]:
        """Complete as unknown what this bridge had taken for these switches when it ended; return which commands.

        Also what any bridge took so long ago that no command can be under way any more: it will not come back.
        """
        return self._finish(_LEFT, (list(switches), self._bridge), "unknown", NOT_KNOWN, None)

    def _finish(self, which: str, values: tuple[Any, ...], result: Result, said: str, leg: str | None) -> list[UUID]:
        words = said.replace("\0", "�")[:_LONGEST_SAID]
        with self._lock, translated():
            connection = self._connection()
            with connection.transaction():
                rows = connection.execute(
                    _COMPLETE.format(which).encode(), (result, words, leg, *values), binary=True
                ).fetchall()
                rows.sort(key=lambda row: cast(int, row[8]))
                for row in rows:
                    *_, new_leg, at = cast("tuple[Any, ...]", row)
                    self._forget_digits(connection, _command(row))
                    self._events.completed(connection, _command(row), at, result, words, new_leg)
        return [cast(UUID, row[0]) for row in rows]

    def _forget_digits(self, connection: Connection, command: Command) -> None:
        if isinstance(command.order, Dtmf):
            shown = msgspec.json.encode(self._events.shown(command.order)).decode()
            connection.execute("UPDATE log.command SET asked = %s WHERE command_id = %s", (shown, command.command_id))

    def _connection(self) -> Connection:
        if self._opened is None or self._opened.closed:
            self._opened = connect(self.dsn, "harmony commands")
            self._events.prepare(self._opened)
        return self._opened


def _command(row: tuple[Any, ...]) -> Command:
    command_id, switch, asked, tenant, by, call_id, requested_at, deadline = row[:8]
    return Command(
        command_id=command_id,
        switch=switch,
        order=msgspec.json.decode(asked, type=Order),
        tenant=tenant,
        by=by,
        call_id=call_id,
        requested_at=requested_at,
        deadline=deadline,
    )
