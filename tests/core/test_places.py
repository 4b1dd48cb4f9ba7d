"""Places: one session holds each, for as long as it lives; and nothing of ours waits for what everybody can take."""

from __future__ import annotations

import threading
from pathlib import Path

import psycopg
import pytest

from core.places import take

pytestmark = pytest.mark.database
ROOT = Path(__file__).resolve().parents[2]


def opened(dsn: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(dsn, autocommit=True)


def test_one_session_holds_it_until_it_ends(dsn: str) -> None:
    with opened(dsn) as second:
        with opened(dsn) as first:
            assert take(first, "a")
            assert take(first, "a"), "its own already"
            assert not take(second, "a")
            assert take(second, "b")
            pid = first.info.backend_pid
        while second.execute("SELECT FROM pg_stat_activity WHERE pid = %s", [pid]).fetchone():
            pass
        assert take(second, "a")
        held = second.execute("SELECT name FROM log.place_held ORDER BY name").fetchall()
        assert held == [("a",), ("b",)]


def test_of_many_at_once_one_gets_it(dsn: str) -> None:
    sessions = [opened(dsn) for _ in range(6)]
    took: list[bool] = []
    threads = [threading.Thread(target=lambda s=s: took.append(take(s, "a"))) for s in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(took) == [False] * 5 + [True]
    for session in sessions:
        session.close()


def test_what_a_dead_session_left_counts_for_nothing(dsn: str) -> None:
    with opened(dsn) as session:
        session.execute("INSERT INTO log.place (name, pid, began) SELECT 'a', pg_backend_pid(), 'epoch'")
        assert take(session, "a"), "the number of its process was used again"


def test_no_advisory_lock_is_left() -> None:
    """Everybody who may log into the database can take one, and keep us waiting."""
    for part in ("core", "bridge", "projections", "api"):
        for path in (ROOT / part).rglob("*.py"):
            assert "advisory_" not in path.read_text(encoding="utf-8"), path
