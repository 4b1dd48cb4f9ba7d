"""Accounts for analysts: each sees its company's calls in the views, and nothing else of the database."""

import contextlib
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from api.access import analysts
from api.access.analyst_watch import AnalystWatch, Bounds
from api.access.analysts import Analyst
from api.errors import BadArgument, NotFound, Settled
from api.hooks.queue import Queue
from core.log import EventLog
from core.migrate import migrate
from core.postgres import Embedded
from projections.callflow import TOPICS, CallFold
from projections.query import VIEWS
from projections.rebuild import rebuild
from projections.runner import Runner
from tests.projections.filling import import_captures

pytestmark = pytest.mark.database
OTHERS = (
    "SELECT * FROM log.switch_event",
    "SELECT * FROM log.call_event",
    "SELECT * FROM log.command",
    "SELECT * FROM hooks.endpoint",
    "SELECT * FROM auth.token",
    "SELECT * FROM auth.analyst",
    "SELECT * FROM calls.search",
    "SELECT * FROM calls.fold_state",
    "SELECT * FROM calls.fold_part",
    "SELECT * FROM calls.alias",
    "INSERT INTO auth.analyst (role, name) VALUES (session_user, 'x')",
    "UPDATE calls.call SET tenant = 'alpha.example'",
    "DELETE FROM calls.call",
    "ALTER TABLE calls.call DISABLE ROW LEVEL SECURITY",
    "CREATE OR REPLACE FUNCTION auth.company() RETURNS text LANGUAGE sql AS $$ SELECT 'beta.example' $$",
    "SET SESSION AUTHORIZATION harmony",
    "SET ROLE harmony",
    "SET ROLE harmony_observer",
    "SET row_security = off; SELECT * FROM cdr.cdr_call",
    "SELECT pg_advisory_lock(5009255)",
    "SELECT pg_try_advisory_xact_lock_shared(1, 2)",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, 'x')",
    "SELECT pg_logical_emit_message(false, 'x', repeat('x', 1000000))",
    "SELECT pg_logical_emit_message(true, 'x', '\\x00'::bytea)",
    "SELECT txid_current()",
    "SELECT pg_current_xact_id()",
    "SELECT pg_export_snapshot()",
    "CREATE TEMPORARY TABLE t (a int)",
    "CREATE TEMPORARY VIEW analyst AS SELECT session_user AS role, 'beta.example' AS company",
    "SET temp_file_limit = -1",
    "DO $$ BEGIN LOCK TABLE log.writing IN EXCLUSIVE MODE; END $$",
    "DO $$ BEGIN LOCK TABLE calls.call IN ROW EXCLUSIVE MODE; END $$",
    "DELETE FROM log.place",
)


@pytest.fixture
def filled(dsn: str) -> str:
    """Two companies that use the same numbers, and calls of none."""
    with EventLog(dsn) as log:
        import_captures(log, "42-*", "01-*", "10-*", "38-*", "45-*")
    Runner(dsn, CallFold, TOPICS).run_once()
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE calls.call SET tenant = NULL WHERE direction = 'inbound'")
    return dsn


@pytest.fixture
def connection(filled: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(filled, autocommit=True) as opened:
        yield opened
        for one in analysts.listed(opened):
            analysts.remove(opened, "test", one.name)


@contextmanager
def as_analyst(dsn: str, one: Analyst, password: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(make_conninfo(dsn, user=one.role, password=password), autocommit=True) as opened:
        yield opened


def rows(connection: psycopg.Connection[Any], view: str, company: str | None) -> set[str]:
    """The rows of a view, of a company or of all."""
    where, values = ("", []) if company is None else (" WHERE tenant = %s", [company])
    return {row[0] for row in connection.execute(f"SELECT v::text FROM cdr.{view} v{where}".encode(), values)}


def companies(connection: psycopg.Connection[Any], view: str = "cdr_call") -> set[str | None]:
    return {row[0] for row in connection.execute(f"SELECT DISTINCT tenant FROM cdr.{view}".encode()).fetchall()}


def test_an_analyst_sees_its_company_in_every_view_and_nothing_else(
    filled: str, connection: psycopg.Connection[Any]
) -> None:
    alpha, password = analysts.add(connection, "test", "alpha.example", "ada")
    everything, other_password = analysts.add(connection, "test", "all", "olga")
    assert len(companies(connection)) > 2, "the owner sees all"
    with as_analyst(filled, alpha, password) as ada, as_analyst(filled, everything, other_password) as olga:
        for view in VIEWS:
            assert rows(ada, view, None) == rows(connection, view, "alpha.example")
            assert rows(olga, view, None) == rows(connection, view, None)
        (counted,) = ada.execute("SELECT count(*) FROM calls.leg").fetchone() or (0,)
        (legs,) = ada.execute("SELECT count(*) FROM cdr.cdr_leg").fetchone() or (0,)
        assert counted == legs > 0
        ada.execute("SET default_transaction_read_only = off")
        for statement in OTHERS:
            with pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.UndefinedObject)):
                ada.execute(statement.encode())
            ada.execute("RESET ROLE; SET row_security = on")
        ada.execute("SET harmony.company = 'beta.example'; SET search_path = pg_temp, cdr")
        assert companies(ada) == {"alpha.example"}, "what it sets and makes changes nothing"
        names = " ".join(str(row) for row in ada.execute("SELECT rolname FROM pg_roles").fetchall())
        assert "alpha" not in names
        assert "olga" not in names


def test_it_stays_so_after_a_rebuild(filled: str, connection: psycopg.Connection[Any]) -> None:
    alpha, password = analysts.add(connection, "test", "alpha.example", "ada")
    beta, other_password = analysts.add(connection, "test", "beta.example", "bert")
    everything, third_password = analysts.add(connection, "test", "all", "olga")
    assert rebuild(filled, CallFold, TOPICS).swapped
    with as_analyst(filled, alpha, password) as ada, as_analyst(filled, beta, other_password) as bert:
        for view in VIEWS:
            assert rows(ada, view, None) == rows(connection, view, "alpha.example")
            assert rows(bert, view, None) == rows(connection, view, "beta.example")
        assert companies(ada) == {"alpha.example"}
        assert companies(bert) == {"beta.example"}
    with as_analyst(filled, everything, third_password) as olga:
        assert companies(olga) == companies(connection)


def test_what_is_removed_sees_nothing_and_cannot_come_again(filled: str, connection: psycopg.Connection[Any]) -> None:
    one, password = analysts.add(connection, "test", "alpha.example", "ada")
    with pytest.raises(Settled):
        analysts.add(connection, "test", "beta.example", "ada")
    with as_analyst(filled, one, password) as ada:
        assert companies(ada)
        assert analysts.remove(connection, "test", "ada").role == one.role
        with pytest.raises(psycopg.Error):
            ada.execute("SELECT * FROM cdr.cdr_call")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(make_conninfo(filled, user=one.role, password=password))
    with pytest.raises(NotFound):
        analysts.remove(connection, "test", "ada")
    with pytest.raises(BadArgument):
        analysts.add(connection, "test", "not a domain", "ada")


def test_the_embedded_database_asks_everybody_else_for_a_password(tmp_path: Path, postgres_bin: Path | None) -> None:
    """Only its own account comes without one, and only through the socket."""
    short = Path("/tmp") / f"hp-{tmp_path.name[-20:]}"
    try:
        with Embedded(short, programs=postgres_bin, configuration={"fsync": "off"}) as server:
            migrate(server.dsn)
            with psycopg.connect(server.dsn, autocommit=True) as connection:
                one, password = analysts.add(connection, "test", "alpha.example", "ada")
            with as_analyst(server.dsn, one, password) as ada:
                assert companies(ada) == set()
            for wrong in ("", "wrong"):
                with pytest.raises(psycopg.OperationalError):
                    psycopg.connect(make_conninfo(server.dsn, user=one.role, password=wrong))
    finally:
        shutil.rmtree(short, ignore_errors=True)


def test_an_account_is_made_while_reports_run_and_nobody_waits_for_it(
    filled: str, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rights of the tables take a lock behind which all would queue: it is given up at once, and tried again."""
    for table in analysts.TABLES:  # as before the first analyst
        connection.execute(f"DROP POLICY IF EXISTS all_companies ON {table}".encode())
    made: list[Analyst] = []
    adding = threading.Thread(target=lambda: made.append(analysts.add(other, "test", "beta.example", "bert")[0]))
    waited = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    with psycopg.connect(filled) as report, psycopg.connect(filled, autocommit=True) as other:
        report.execute("SELECT count(*) FROM calls.call, calls.leg")
        adding.start()
        while connection.execute(waited).fetchone() is None:
            assert adding.is_alive()
        connection.execute("SET statement_timeout = '20s'")
        for _ in range(3):
            assert connection.execute("SELECT count(*) FROM calls.call").fetchone()
        assert not made
        report.rollback()
        adding.join(60)
        assert made
        # The second finds everything done, and asks for no such lock at all.
        monkeypatch.setattr(analysts, "TRIES", 1)
        report.execute("SELECT count(*) FROM calls.call, calls.leg")
        analysts.add(connection, "test", "alpha.example", "ada")


def test_what_an_account_lifts_itself_is_kept_from_outside(filled: str, connection: psycopg.Connection[Any]) -> None:
    one, password = analysts.add(connection, "test", "alpha.example", "ada")
    watch = AnalystWatch(filled, True)
    for bounds, lifted in (
        (Bounds(asks=0.0), "SET statement_timeout = 0; SELECT pg_sleep(600)"),
        (Bounds(idle=0.0), "SET idle_in_transaction_session_timeout = 0; BEGIN; LISTEN harmony_log; SELECT 1"),
        (Bounds(open=0.0), "BEGIN; SELECT pg_sleep(600)"),
        (Bounds(queue=-1.0), "LISTEN harmony_log; SELECT pg_sleep(600)"),
        (Bounds(memory=1), "SET work_mem = '2GB'; SELECT pg_sleep(600)"),
    ):
        ada = psycopg.connect(make_conninfo(filled, user=one.role, password=password), autocommit=True)
        with contextlib.closing(ada):
            pid = ada.info.backend_pid
            running = threading.Thread(target=_quietly, args=(ada, lifted))
            running.start()
            busy = "SELECT FROM pg_stat_activity WHERE pid = %s AND xact_start < clock_timestamp()"
            while connection.execute(busy, [pid]).fetchone() is None:
                pass
            assert watch.look(connection) == 0, "within the usual bounds"
            assert AnalystWatch(filled, True, bounds).look(connection) == 1
            running.join(30)
            gone = "SELECT FROM pg_stat_activity WHERE pid = %s"
            while connection.execute(gone, [pid]).fetchone() is not None:
                pass


def _quietly(connection: psycopg.Connection[Any], statements: str) -> None:
    with contextlib.suppress(psycopg.OperationalError):
        connection.execute(statements.encode())


@pytest.fixture
def modest(postgres: str) -> Iterator[str]:
    """A database of an account that is no superuser, as on a PostgreSQL of a site's own."""
    name = f"modest_{uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as superuser:
        superuser.execute(f"CREATE ROLE {name} LOGIN PASSWORD 'known'".encode())
        superuser.execute(f"CREATE DATABASE {name} OWNER {name} TEMPLATE template0".encode())
        yield make_conninfo(postgres, dbname=name, user=name, password="known")
        superuser.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())
        superuser.execute(f"DROP ROLE {name}".encode())


def test_without_a_superuser_it_takes_createrole_alone(modest: str, postgres: str) -> None:
    with psycopg.connect(postgres, autocommit=True) as superuser:
        user = psycopg.conninfo.conninfo_to_dict(modest)["user"]
        for group in (analysts.COMPANY, analysts.EVERYBODY):
            if superuser.execute("SELECT FROM pg_roles WHERE rolname = %s", [group]).fetchone() is not None:
                superuser.execute(f"GRANT {group} TO {user} WITH ADMIN OPTION".encode())
        migrate(modest)
        with psycopg.connect(modest, autocommit=True) as owner:
            with pytest.raises(BadArgument, match="CREATEROLE"):
                analysts.add(owner, "test", "alpha.example", "ada")
            assert analysts.listed(owner) == [], "all or nothing"
            superuser.execute(f"ALTER ROLE {user} CREATEROLE".encode())
            with EventLog(modest) as log:
                import_captures(log, "42-*")
            Runner(modest, CallFold, TOPICS).run_once()
            one, password = analysts.add(owner, "test", "alpha.example", "ada")
            with as_analyst(modest, one, password) as ada:
                assert companies(ada) == {"alpha.example"}
                assert companies(owner) == {"alpha.example", "beta.example"}
                assert len(analysts.open_doors(owner)) == 1, "the functions are a superuser's"
                keys = [f"SELECT pg_advisory_lock({n})" for n in (0x4C6F67, 0x52756E73, 0x4861726D, 0x416E6C79)]
                pairs = ((0x4861726D, 1), (0x4861726D, 2), (0x486F6F6B, 1))
                keys += [f"SELECT pg_advisory_lock({a}, {b})" for a, b in pairs]
                for key in keys:
                    ada.execute(key.encode())
                with EventLog(modest) as log:
                    import_captures(log, "01-*")
                Runner(modest, CallFold, TOPICS).run_once()
                assert rebuild(modest, CallFold, TOPICS).swapped
                assert migrate(modest) == []
                Queue(owner)
                analysts.add(owner, "test", "beta.example", "bert")
                analysts.remove(owner, "test", "bert")
                ada.execute("BEGIN; SELECT 1")
                assert AnalystWatch(modest, False, Bounds(idle=0.0)).look(owner) == 1
                with pytest.raises(psycopg.errors.AdminShutdown):
                    ada.execute("SELECT 1")
            analysts.remove(owner, "test", "ada")
