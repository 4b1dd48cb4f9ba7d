"""Accounts of PostgreSQL for the analysts of a company: made, listed, removed.

An account reads the views of the schema `cdr`; the row security of the tables behind them leaves it its own company's.
What an account belongs to stands in `auth.analyst`. Its own name says nothing, for every account of a server can read
the names of the others. The limits that an account can lift itself are kept by `api.access.analyst_watch`.
"""

import contextlib
import secrets
import time
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier, Literal

from api.access.token import checked_name, checked_tenant
from api.errors import BadArgument, NotFound, Settled, Unavailable
from core.operating import record_action

ALL = "all"
"""in the place of a company: of the installation"""
COMPANY, EVERYBODY = "harmony_analyst", "harmony_observer"
"""the groups: of those who see one company, and of those who see all"""
CONNECTIONS = 5
PATIENCE = "10min"
"""for a statement"""
IDLE = "1min"
"""for a transaction in which nothing is asked"""
SCRATCH = "1GB"
"""of temporary files a session; PostgreSQL lets no account lift it"""
TABLES = (
    "calls.call",
    "calls.leg",
    "calls.segment",
    "calls.offer",
    "calls.stay",
    "calls.transfer",
    "calls.party",
    "centre.agent_state",
)
_LOCK = "LOCK TABLE auth.analyst IN SHARE ROW EXCLUSIVE MODE"
_SHORT = "SET LOCAL lock_timeout = '300ms'"
"""whoever waits for a table's lock keeps all others from it: so give up soon, and try again"""
TRIES = 60
_PAUSE = 0.5


class Analyst(msgspec.Struct, frozen=True):
    """An account; `company` None: it sees all."""

    role: str
    name: str
    company: str | None
    made_at: datetime
    made_by: str


def add(connection: Connection[Any], by: str, company: str, name: str) -> tuple[Analyst, str]:
    """Make an account; its password is told this once. Raises `BadArgument`, `Settled`."""
    domain = None if company == ALL else checked_tenant(company)
    checked_name(name)
    role, password = f"{COMPANY}_{secrets.token_hex(6)}", secrets.token_urlsafe(24)
    # The server gets the password as what it would make of it, so that no log of statements holds it.
    verifier = connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
    try:
        _groups(connection)
        with connection.transaction(), connection.cursor(row_factory=class_row(Analyst)) as cursor:
            cursor.execute(_LOCK)
            cursor.execute(
                "INSERT INTO auth.analyst (role, name, company, made_by) VALUES (%s, %s, %s, %s)"
                " RETURNING role, name, company, made_at, made_by",
                [role, name, domain, by],
            )
            made = cursor.fetchone()
            assert made is not None
            _make_role(connection, role, domain, verifier)
            record_action(connection, "analyst.added", by, name, details={"account": role}, tenant=domain)
    except psycopg.errors.UniqueViolation:
        raise Settled(f"There is an analyst {name!r} already: remove that first, or choose another name.") from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise _not_allowed(connection, error) from None
    return made, password


def _make_role(connection: Connection[Any], role: str, company: str | None, verifier: str | None) -> None:
    """Make the account itself; without a verifier it can do nothing until it gets a password."""
    of = Identifier(role)
    group = Identifier(COMPANY if company is not None else EVERYBODY)
    statements = [
        SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}").format(of, Literal(CONNECTIONS), Literal(verifier)),
        SQL("GRANT {} TO {}").format(group, of),
        SQL("ALTER ROLE {} SET search_path = cdr").format(of),
        SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(of),
        SQL("ALTER ROLE {} SET statement_timeout = {}").format(of, Literal(PATIENCE)),
        SQL("ALTER ROLE {} SET idle_in_transaction_session_timeout = {}").format(of, Literal(IDLE)),
    ]
    for statement in statements:
        connection.execute(statement)
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege), connection.transaction():
        connection.execute(SQL("ALTER ROLE {} SET temp_file_limit = {}").format(of, Literal(SCRATCH)))
    if not _superuser(connection):  # so that its sessions may be ended
        connection.execute(SQL("GRANT {} TO CURRENT_USER").format(of))


def verifiers(connection: Connection[Any]) -> dict[str, str]:
    """What the server knows the accounts' passwords by; nothing where it lets us not see that (no superuser)."""
    if not _superuser(connection):
        return {}
    find = (
        "SELECT rolname, rolpassword FROM pg_authid JOIN auth.analyst ON role = rolname WHERE rolpassword IS NOT NULL"
    )
    return dict(connection.execute(find).fetchall())


def make_again(connection: Connection[Any], known: dict[str, str]) -> list[str]:
    """Make the accounts of a restored `auth.analyst`; return the names of those that need a new password."""
    found = listed(connection)
    if not found:
        return []
    try:
        _groups(connection)
        with connection.transaction():
            for one in found:
                if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [one.role]).fetchone() is None:
                    _make_role(connection, one.role, one.company, known.get(one.role))
    except psycopg.errors.InsufficientPrivilege as error:
        raise _not_allowed(connection, error) from None
    return [one.name for one in found if one.role not in known]


def drop_account(connection: Connection[Any], role: str) -> None:
    """Remove an account from the server, where it is; the list of analysts stays as it is."""
    if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is not None:
        connection.execute(SQL("DROP OWNED BY {0}; DROP ROLE {0}").format(Identifier(role)))


def listed(connection: Connection[Any]) -> list[Analyst]:
    """All accounts, the oldest first."""
    with connection.cursor(row_factory=class_row(Analyst)) as cursor:
        cursor.execute("SELECT role, name, company, made_at, made_by FROM auth.analyst ORDER BY made_at, role")
        return cursor.fetchall()


def remove(connection: Connection[Any], by: str, name: str) -> Analyst:
    """Remove an account by its name or its role's, and end its sessions; raises `NotFound`."""
    try:
        with connection.transaction(), connection.cursor(row_factory=class_row(Analyst)) as cursor:
            cursor.execute(
                "DELETE FROM auth.analyst WHERE name = %(name)s OR role = %(name)s"
                " RETURNING role, name, company, made_at, made_by",
                {"name": name},
            )
            gone = cursor.fetchone()
            if gone is None:
                raise NotFound(f"There is no analyst {name[:80]!r}: `harmony analysts list` shows them.")
            sessions = [
                row[0] for row in connection.execute("SELECT pid FROM pg_stat_activity WHERE usename = %s", [gone.role])
            ]
            connection.execute(SQL("DROP ROLE IF EXISTS {}").format(Identifier(gone.role)))
            record_action(connection, "analyst.removed", by, gone.name, tenant=gone.company)
    except psycopg.errors.InsufficientPrivilege as error:
        raise _not_allowed(connection, error) from None
    # What is left of its sessions sees nothing any more; where we may, they are ended as well.
    with contextlib.suppress(psycopg.errors.InsufficientPrivilege):
        connection.execute("SELECT pg_terminate_backend(pid) FROM unnest(%s::int[]) AS s (pid)", [sessions])
    return gone


def open_doors(connection: Connection[Any]) -> list[str]:
    """What an analyst's account can do here beside reading, because PostgreSQL lets everybody: sentences."""
    told = []
    row = connection.execute("SELECT count(*) FROM auth.open_door").fetchone()
    if row is not None and row[0]:
        told.append(
            "It can take advisory locks and make large objects: only a superuser can close that"
            " (docs/how-to/own-postgresql.md has the statements). Harmony itself uses neither."
        )
    public = """
        SELECT FROM pg_database d, aclexplode(coalesce(d.datacl, acldefault('d', d.datdba))) a
        WHERE d.datname = current_database() AND a.grantee = 0 AND a.privilege_type = 'TEMPORARY'
    """
    if connection.execute(public).fetchone() is not None:
        told.append("It can make temporary tables: let the database's owner run REVOKE TEMPORARY ... FROM PUBLIC.")
    return told


def _groups(connection: Connection[Any]) -> None:
    """The groups, made where they are missing, with their rights in this database: one table a transaction."""
    with connection.transaction():
        connection.execute(_LOCK)
        for group in (COMPANY, EVERYBODY):
            if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [group]).fetchone() is None:
                connection.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(group)))
        connection.execute("SET LOCAL client_min_messages = error")
        connection.execute("SELECT auth.close_doors()")
        groups = SQL(", ").join(Identifier(group) for group in (COMPANY, EVERYBODY))
        connection.execute(SQL("GRANT USAGE ON SCHEMA calls, centre, cdr TO {}").format(groups))
        connection.execute(SQL("GRANT SELECT ON ALL TABLES IN SCHEMA cdr TO {}").format(groups))
    for table in TABLES:
        _let_read(connection, table)


def _let_read(connection: Connection[Any], table: str) -> None:
    for attempt in range(TRIES):
        try:
            with connection.transaction():
                connection.execute(_SHORT)
                connection.execute("SELECT auth.let_analysts_read_table(%s::regclass)", [table])
                return
        except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
            if attempt < TRIES - 1:
                time.sleep(_PAUSE)
    raise Unavailable(f"The table {table} has been in use all the time: try again when long queries are over.")


def _superuser(connection: Connection[Any]) -> bool:
    row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    return bool(row and row[0])


def _not_allowed(connection: Connection[Any], error: psycopg.Error) -> BadArgument:
    words = str(error).splitlines()[0].rstrip(".")
    user = connection.info.user
    return BadArgument(
        f"The database account {user} may not do this ({words}): let a superuser run `ALTER ROLE {user} CREATEROLE`."
    )
