"""What can be asked of a board: times, positions, cursors of both logs, and what is none of them."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest

from api.errors import BadArgument
from api.words.board import board
from core.cursor import BadCursor, cursor
from tests.api.conftest import Site

pytestmark = pytest.mark.database

Connection = psycopg.Connection[Any]


@pytest.fixture
def installation(connection: Connection) -> UUID:
    row = connection.execute("SELECT id FROM log.installation").fetchone()
    assert row is not None
    found: UUID = row[0]
    return found


@pytest.fixture
def recorded(filled: Any) -> Site:
    site: Site = filled("13")
    return site


def test_a_place_of_the_log_in_all_its_spellings(recorded: Site, connection: Connection, installation: UUID) -> None:
    plain = board(connection, "100")
    assert plain.position == 100
    assert len(plain.calls) == 2
    assert board(connection, cursor("switch", installation, 100)) == plain
    row = connection.execute(
        "SELECT position, caused_position FROM log.call_event ORDER BY position OFFSET 5 LIMIT 1"
    ).fetchone()
    assert row is not None
    published, caused = row
    assert board(connection, cursor("calls", installation, published)) == board(connection, str(caused))


def test_a_time(recorded: Site, connection: Connection) -> None:
    assert board(connection, "2020-01-01").calls == []
    assert board(connection, "2020-01-01").position == 0
    assert board(connection, "now").position == 196
    noon = datetime(2020, 1, 1, 12, tzinfo=UTC)
    assert board(connection, "2h", now=noon).instant == int((noon - timedelta(hours=2)).timestamp()) * 1_000_000
    east = board(connection, "2020-01-01T12:00", time_zone=timezone(timedelta(hours=2)))
    assert east.instant == int(datetime(2020, 1, 1, 10, tzinfo=UTC).timestamp()) * 1_000_000


def test_there_is_no_board_of_what_lies_ahead(recorded: Site, connection: Connection, installation: UUID) -> None:
    assert board(connection, "196").position == 196
    for ahead in ("197", "9" * 18, cursor("switch", installation, 197)):
        with pytest.raises(BadArgument, match="the last position of the switch log is 196"):
            board(connection, ahead)
    noon = datetime(2020, 1, 1, 12, tzinfo=UTC)
    assert board(connection, "2020-01-01T12:00:30", now=noon).position == 0  # the clock of who asks is a little ahead
    with pytest.raises(BadArgument, match="lies ahead: it is 2020-01-01T12:00:00Z here now"):
        board(connection, "2020-01-01T12:02", now=noon)


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01", "9" * 19, "²", "a\0b", "AXO", "x" * 19, "x" * 5000])
def test_what_is_none_of_these_is_refused(connection: Connection, text: str) -> None:
    with pytest.raises((BadArgument, BadCursor)) as refused:
        board(connection, text)
    assert len(str(refused.value)) < 6000


def test_a_cursor_of_elsewhere_is_refused(connection: Connection) -> None:
    for log in ("switch", "calls"):
        with pytest.raises(BadCursor, match="of another installation"):
            board(connection, cursor(log, uuid4(), 5))


def test_the_command_line_shows_it(recorded: Site) -> None:
    told = recorded.ok("calls", "live", "--at", "100", "--json").json
    assert told["position"] == 100
    assert told["at"].endswith("Z")
    assert {call["state"] for call in told["calls"]} >= {"ringing"}
    shown = recorded.ok("calls", "live", "--at", "100")
    assert "ringing" in shown.out
    assert "position 100" in shown.err
    assert recorded.ok("calls", "live", "--at", "100", "--tenant", "beta.example", "--json").json["calls"] == []
    assert recorded.run("calls", "live", "--at", "100", "--follow").code == 2
    assert recorded.run("calls", "live", "--at", "soon").code == 2
