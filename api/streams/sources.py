"""The source of a log by its name, with the name of the installation that its cursors carry."""

from api.streams.calls_source import CallsSource
from api.streams.switch_source import SwitchSource
from core.cursor import LogName
from core.errors import LogNotReady
from core.log.driver import connect, translated


def open_source(dsn: str, log: LogName) -> CallsSource | SwitchSource:
    """Close it when done; blocks."""
    with translated():
        connection = connect(dsn, "harmony streams")
        try:
            row = connection.execute("SELECT id FROM log.installation", binary=True).fetchone()
        finally:
            connection.close()
    if row is None:
        raise LogNotReady("The database has no name of its own yet: run `harmony migrate`.")
    return CallsSource(dsn, row[0]) if log == "calls" else SwitchSource(dsn, row[0])  # type: ignore[arg-type]
