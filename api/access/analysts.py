"""Accounts of PostgreSQL for the analysts of a company: made, listed, removed.

An account reads the views of the schema `cdr`; the row security of the tables behind them leaves it its own company's.
What an account belongs to stands in `auth.analyst`. Its own name says nothing, for every account of a server can read
the names of the others.
"""

import contextlib
import secrets
from datetime import datetime
from typing import Any

import msgspec
import psycopg
from psycopg import Connection
from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier, Literal

from api.access.token import checked_name, checked_tenant
from api.errors import BadArgument, NotFound, Settled
from core.operating import record_action

ALL = "all"
"""in the place of a company: of the installation"""
COMPANY, EVERYBODY = "harmony_analyst", "harmony_observer"
"""the groups: of those who see one company, and of those who see all"""
CONNECTIONS = 5
PATIENCE = "10min"
_LOCK = 0x416E6C79


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
        with connection.transaction(), connection.cursor(row_factory=class_row(Analyst)) as cursor:
            cursor.execute(
                "INSERT INTO auth.analyst (role, name, company, made_by) VALUES (%s, %s, %s, %s)"
                " RETURNING role, name, company, made_at, made_by",
                [role, name, domain, by],
            )
            made = cursor.fetchone()
            assert made is not None
            _groups(connection)
            of = Identifier(role)
            group = Identifier(COMPANY if domain is not None else EVERYBODY)
            statements = [
                SQL("CREATE ROLE {} LOGIN CONNECTION LIMIT {} PASSWORD {}").format(
                    of, Literal(CONNECTIONS), Literal(verifier)
                ),
                SQL("GRANT {} TO {}").format(group, of),
                SQL("ALTER ROLE {} SET search_path = cdr").format(of),
                SQL("ALTER ROLE {} SET default_transaction_read_only = on").format(of),
                SQL("ALTER ROLE {} SET statement_timeout = {}").format(of, Literal(PATIENCE)),
            ]
            for statement in statements:
                connection.execute(statement)
            record_action(connection, "analyst.added", by, name, details={"account": role}, tenant=domain)
    except psycopg.errors.UniqueViolation:
        raise Settled(f"There is an analyst {name!r} already: remove that first, or choose another name.") from None
    except psycopg.errors.InsufficientPrivilege as error:
        raise _not_allowed(connection, error) from None
    return made, password


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


def _groups(connection: Connection[Any]) -> None:
    """The groups, made where they are missing, with their rights in this database."""
    connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
    for group in (COMPANY, EVERYBODY):
        if connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [group]).fetchone() is None:
            connection.execute(SQL("CREATE ROLE {} NOLOGIN").format(Identifier(group)))
    connection.execute("SELECT auth.let_analysts_read('calls.call')")


def _not_allowed(connection: Connection[Any], error: psycopg.Error) -> BadArgument:
    words = str(error).splitlines()[0].rstrip(".")
    user = connection.info.user
    return BadArgument(
        f"The database account {user} may not do this ({words}): let a superuser run `ALTER ROLE {user} CREATEROLE`."
    )
