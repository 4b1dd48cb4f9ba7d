"""A database that a restore claims: others see the mark, one restore at a time, and a dead one's place is taken."""

from __future__ import annotations

from pathlib import Path

import psycopg
import pytest

from core.backup import BackupError, begun
from core.backup.begun import Begun, Claim, RestoreBegun
from core.migrate import LEDGER, migrate, pending

pytestmark = pytest.mark.database

MARK = Begun(file="/backup/one", into="/data", host="pbx")


def schemas(dsn: str) -> set[str]:
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_|^information|^public$'")
        return {row[0] for row in rows.fetchall()}


def test_a_claimed_database_is_nobody_elses(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as one, psycopg.connect(empty_dsn, autocommit=True) as other:
        claim = Claim(one)
        assert claim.take(MARK, LEDGER) is None
        for refused in (migrate, pending):
            with pytest.raises(RestoreBegun, match=r"/backup/one .* for /data on pbx, .* goes on"):
                refused(empty_dsn)
        with pytest.raises(BackupError, match="Another restore"):
            Claim(other).take(MARK, LEDGER)
        assert migrate(empty_dsn, [], restoring=True) == []
        claim.release()
        assert begun.in_database(other) is None
    assert schemas(empty_dsn) == {"log"}
    assert migrate(empty_dsn)


def test_a_dead_restores_place_is_taken_and_emptied(empty_dsn: str) -> None:
    with psycopg.connect(empty_dsn, autocommit=True) as dead:
        Claim(dead).take(MARK, LEDGER)
        migrate(empty_dsn, restoring=True)
    with pytest.raises(RestoreBegun, match="did not come to its end: run `harmony restore /backup/one` again"):
        migrate(empty_dsn)
    mine = Begun(file="/backup/two", into="/data", host="pbx")
    with psycopg.connect(empty_dsn, autocommit=True) as one, psycopg.connect(empty_dsn, autocommit=True) as working:
        claim = Claim(one)
        assert claim.take(mine, LEDGER) == MARK
        claim.begin_anew(working, mine, LEDGER)
        assert begun.in_database(working) == mine
        assert schemas(empty_dsn) == {"log", begun.SCHEMA}
        claim.release()
    assert schemas(empty_dsn) == {"log"}


def test_a_database_with_a_harmony_is_never_marked(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        with pytest.raises(BackupError, match="has a Harmony already"):
            Claim(connection).take(MARK, LEDGER)
        assert begun.in_database(connection) is None
    assert pending(dsn) == []


def test_the_mark_of_a_directory(tmp_path: Path) -> None:
    begun.refuse_directory(tmp_path)
    (tmp_path / "webhook.key").write_bytes(b"key")
    mark = begun.begun(tmp_path / "one.backup", tmp_path, {"webhook.key": b"key", "token.sha256": b"token"})
    begun.mark_directory(tmp_path, mark)
    assert begun.in_directory(tmp_path) == mark
    assert mark.left(tmp_path / "webhook.key")
    (tmp_path / "webhook.key").write_bytes(b"another")
    assert not mark.left(tmp_path / "webhook.key")
    with pytest.raises(RestoreBegun, match=r"harmony restore .*one\.backup` again, or begin with a new data directory"):
        begun.refuse_directory(tmp_path)
    (tmp_path / begun.FILE).write_text("damaged")
    with pytest.raises(RestoreBegun):
        begun.refuse_directory(tmp_path)
    begun.unmark_directory(tmp_path)
    begun.refuse_directory(tmp_path)
