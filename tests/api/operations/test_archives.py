"""Archives between databases: the same calls elsewhere, once, and nothing behind a break."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.operations.archives import export_archive, import_archive
from api.operations.captures import Imported, import_file
from core.log import EventLog, archive
from core.log.archive import chain_of, read_chain
from core.log.prepare import Incoming
from core.log.retention import drop
from core.migrate import migrate
from core.own_event import LINK_DOWN, OwnEvents
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import capture

pytestmark = pytest.mark.database

SCENARIOS = ("01", "13", "30", "42", "49")


@pytest.fixture
def elsewhere(new_database: Callable[[], str]) -> str:
    dsn = new_database()
    migrate(dsn)
    return dsn


def documents(dsn: str) -> list[Any]:
    """The calls, without what tells where their events stand in this log."""
    Runner(dsn, CallFold, TOPICS).run_once()
    with psycopg.connect(dsn) as connection:
        found = [row[0] for row in connection.execute("SELECT document FROM calls.call ORDER BY call_id").fetchall()]
    for document in found:
        del document["first_position"], document["last_position"]
        for one in document["evidence"]:
            one.pop("position")
    return found


def ranges(dsn: str) -> list[Any]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(
            "SELECT first_position, last_position, source, encode(chain, 'hex') FROM log.imported_range ORDER BY 1"
        ).fetchall()


def export(log: EventLog, path: Path) -> Path:
    export_archive(log, path, log.installation(), log.read(0, 100_000))
    return path


def take(dsn: str, path: Path, **options: Any) -> Imported:
    with EventLog(dsn) as log:
        return import_archive(log, path, None, lambda offset: None, **options)


@pytest.fixture
def archived(dsn: str, log: EventLog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(archive, "BLOCK", 100)
    for number in SCENARIOS:
        # A node's name that cannot be told from the events.
        assert import_file(log, capture(number), "freeswitch@pbx7.example.com", lambda offset: None).refused is None
    own = OwnEvents().make(LINK_DOWN, Harmony_Switch="freeswitch@pbx8")
    log.append([Incoming("harmony@here", own, 1)])
    return export(log, tmp_path / "log.etf.gz")


def test_elsewhere_it_folds_to_the_same_calls(dsn: str, elsewhere: str, archived: Path) -> None:
    done = take(elsewhere, archived)
    assert done.refused is None
    assert done.events == done.stored == read_chain(archived).end.events
    mine = documents(dsn)
    assert len(mine) > 5
    assert "freeswitch@pbx7.example.com" in json.dumps(mine)
    assert documents(elsewhere) == mine


def test_an_archive_of_the_copy_holds_the_same_terms(elsewhere: str, log: EventLog, archived: Path) -> None:
    take(elsewhere, archived)
    with EventLog(elsewhere) as other:
        mine, theirs = log.read(0, 10_000), other.read(0, 10_000)
    assert [event.term for event in theirs] == [event.term for event in mine]
    assert [event.stream for event in theirs] == [event.stream for event in mine]
    assert [event.switch for event in theirs] == [event.switch for event in mine]


def test_what_was_imported_is_known_by_its_positions(elsewhere: str, archived: Path) -> None:
    with EventLog(elsewhere) as other:
        import_file(other, capture("02"), None, lambda offset: None)
        received = other.append([Incoming("harmony@here", OwnEvents().make(LINK_DOWN), 1)])
        before = other.head()
        take(elsewhere, archived)
        head = other.head()
    assert received == 1
    assert ranges(elsewhere) == [
        (1, before - 1, capture("02").name, None),
        (before + 1, head, archived.name, read_chain(archived).head),
    ]


def test_importing_again_checks_and_stores_nothing(elsewhere: str, archived: Path) -> None:
    first = take(elsewhere, archived)
    again = take(elsewhere, archived)
    assert (again.events, again.stored, again.skipped, again.head) == (first.events, 0, first.events, first.head)
    assert len(ranges(elsewhere)) == 1


def test_an_import_that_broke_off_goes_on_where_it_was(elsewhere: str, archived: Path) -> None:
    with EventLog(elsewhere) as log:

        def breaks_off(offset: float) -> None:
            if log.head() >= 300:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            import_archive(log, archived, None, breaks_off)
        assert log.head() == 300
        # Meanwhile something else comes in.
        log.append([Incoming("harmony@here", OwnEvents().make(LINK_DOWN), 1)])
    done = take(elsewhere, archived)
    assert (done.skipped, done.stored) == (300, done.events - 300)
    assert [row[:2] for row in ranges(elsewhere)] == [(1, 300), (302, done.events + 1)]


def test_behind_a_broken_block_nothing_is_stored(elsewhere: str, archived: Path, tmp_path: Path) -> None:
    chain = chain_of(archived)
    block = read_chain(archived).blocks[2]
    chain.write_bytes(chain.read_bytes().replace(b'"last":%d,' % block.last, b'"last":%d,' % (block.last + 1)))
    done = take(elsewhere, archived)
    assert done.code == "capture.chain"
    assert f"in block 3 of 9 (byte {read_chain(archived).blocks[1].end}" in (done.refused or "")
    assert (done.refused or "").endswith("200 events before it are stored.")
    with EventLog(elsewhere) as log:
        assert log.head() == done.stored == 200


def test_another_file_than_the_one_meant_is_refused(elsewhere: str, archived: Path) -> None:
    head = read_chain(archived).head
    done = take(elsewhere, archived, head="0" * 64)
    assert done.stored == 0
    assert f"its chain comes to {head}" in (done.refused or "")
    assert take(elsewhere, archived, head=head.upper()).refused is None


def test_what_was_dropped_since_is_stored_again(elsewhere: str, archived: Path) -> None:
    first = take(elsewhere, archived)
    before = documents(elsewhere)
    with psycopg.connect(elsewhere, autocommit=True) as connection:
        assert drop(connection, first.stored, []) == first.stored
    again = take(elsewhere, archived)
    assert (again.stored, again.skipped) == (first.stored, 0)
    assert documents(elsewhere) == before
