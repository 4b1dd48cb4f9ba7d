"""The numbers of runs: one life of one switch core each. They keep versions apart when sequences begin again."""

from __future__ import annotations

import psycopg

from core.log.driver import translated

Connection = psycopg.Connection[tuple[object, ...]]


class Runs:
    """Numbers and names of runs, remembered once known: they never change."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._switches: dict[int, str] = {}

    def number(self, connection: Connection, core_uuid: str, switch: str) -> int:
        """Return the run's number, giving out the next one for a core that was never seen."""
        number = self._numbers.get(core_uuid)
        if number is None:
            number = self._numbers[core_uuid] = self._give(connection, core_uuid, switch)
        return number

    def switch(self, connection: Connection, number: int) -> str:
        """Return the node name of the run's switch, empty for a run that is not in the table."""
        switch = self._switches.get(number)
        if switch is None:
            with translated():
                row = connection.execute("SELECT switch FROM log.switch_run WHERE run = %s", (number,)).fetchone()
            if row is None:
                return ""
            switch = self._switches[number] = str(row[0])
        return switch

    @staticmethod
    def _give(connection: Connection, core_uuid: str, switch: str) -> int:
        find = "SELECT run FROM log.switch_run WHERE core_uuid = %s"
        with translated():
            row = connection.execute(find, (core_uuid,)).fetchone()
            if row is None:
                with connection.transaction():
                    connection.execute("LOCK TABLE log.switch_run IN SHARE ROW EXCLUSIVE MODE")
                    row = connection.execute(
                        "INSERT INTO log.switch_run (run, core_uuid, switch)"
                        " SELECT coalesce(max(run), 0) + 1, %s, %s FROM log.switch_run"
                        " ON CONFLICT (core_uuid) DO NOTHING RETURNING run",
                        (core_uuid, switch),
                    ).fetchone()
                row = row or connection.execute(find, (core_uuid,)).fetchone()
        assert row is not None
        return int(str(row[0]))
