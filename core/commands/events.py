"""The two events of a command, into the log within the transaction that writes its row.

They are one run for the whole installation, whichever process writes them: the run's Core-UUID is derived from the
installation's id, and a sequence of the database's numbers them.
"""

from __future__ import annotations

from typing import Any, cast
from uuid import UUID, uuid5

import msgspec

from core.commands.orders import Command, Dtmf, Order, Result, SendMessage, kind_of
from core.log.application import save_own
from core.log.insert import LOCK, Connection
from core.log.prepare import Preparer
from core.log.runs import Runs
from core.own_event import COMMAND_COMPLETED, COMMAND_REQUESTED, own_event

WRITER = "harmony"
"""in place of a switch's name, for the run"""
MOST_TEXT = 200
"""characters of a message that an event repeats"""


class CommandEvents:
    """Writes them; ``dtmf="redact"`` leaves digits out. Not safe to share between threads."""

    def __init__(self, dtmf: str = "keep") -> None:
        self._redact = dtmf == "redact"
        self._preparer = Preparer(dtmf)
        self._core, self._run = "", 0

    def prepare(self, connection: Connection) -> None:
        """Find the run; on a connection in no transaction, so that it is there whatever happens to the next one."""
        if self._run:
            return
        row = connection.execute("SELECT id FROM log.installation").fetchone()
        assert row is not None, "the migration puts one row there"
        self._core = str(uuid5(cast(UUID, row[0]), "commands"))
        self._run = Runs().number(connection, self._core, WRITER)

    def requested(self, connection: Connection, command: Command) -> None:
        """Write that a command was asked for."""
        shown = self.shown(command.order)
        arguments = msgspec.json.encode({name: value for name, value in shown.items() if name != "kind"}).decode()
        self._write(connection, COMMAND_REQUESTED, command, command.requested_at, Harmony_Arguments=arguments)

    def completed(
        self, connection: Connection, command: Command, at: int, result: Result, said: str, leg: str | None
    ) -> None:
        """Write how it came out."""
        arguments = {name: value for name, value in self.shown(command.order).items() if name != "kind"}
        more = {"Harmony_Result": result, "Harmony_Said": said} | ({"Harmony_Leg": leg} if leg else {})
        more["Harmony_Arguments"] = msgspec.json.encode(arguments).decode()
        self._write(connection, COMMAND_COMPLETED, command, at, **more)

    def shown(self, order: Order) -> dict[str, Any]:
        """Return an order as it may be kept: messages shortened, digits as the site's policy says."""
        match order:
            case SendMessage(text=text) if len(text) > MOST_TEXT:
                order = msgspec.structs.replace(order, text=text[: MOST_TEXT - 1] + "…")
            case Dtmf(digits=digits) if self._redact:
                order = msgspec.structs.replace(order, digits="*" * len(digits))
        return cast("dict[str, Any]", msgspec.to_builtins(order))

    def _write(self, connection: Connection, name: str, command: Command, at: int, **more: str) -> None:
        # The lock of all who write into the log comes first: so the numbers are in the order of the positions.
        connection.execute(LOCK)
        row = connection.execute("SELECT nextval('log.command_event')").fetchone()
        assert row is not None
        headers = {
            "Harmony_Switch": command.switch,
            "Harmony_Command": str(command.command_id),
            "Harmony_Kind": kind_of(command.order),
            "Harmony_Tenant": command.tenant or "",
            "Harmony_By": command.by,
            "Harmony_Call": command.call_id or "",
        }
        term = own_event(name, self._core, cast(int, row[0]), at, **headers, **more)
        save_own(connection, term, self._preparer.redacted, self._run)
