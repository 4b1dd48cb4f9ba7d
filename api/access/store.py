"""The tokens in the database: made, listed, revoked, each with the word of it in the log. Takes a connection."""

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import Connection
from psycopg.rows import class_row

from api.access import token as of
from api.access.principal import Principal
from api.access.token import Kind, Token
from api.errors import BadArgument, NotFound, Settled
from core.operating import record_action
from core.registry.entries import Role

KEPT = timedelta(days=30)
"""for which a login that is over can still be seen in the list"""

LOGINS = 50
"""log-ins of one user that are good at once"""

_COLUMNS: LiteralString = """
    token_id, kind, name, tenant, scopes, made_at, made_by, expires_at, "user", role, revoked_at, revoked_by,
    last_used_at, parent
"""
_INSERT: LiteralString = f"""
    INSERT INTO auth.token (hash, kind, name, tenant, scopes, made_by, expires_at, "user", role, parent)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING {_COLUMNS}
"""
_GOOD: LiteralString = f"""
    SELECT hash, {_COLUMNS} FROM auth.token WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
_ENDED: LiteralString = """
    SELECT hash, revoked_at IS NOT NULL FROM auth.token WHERE revoked_at IS NOT NULL OR expires_at <= now()
    ORDER BY coalesce(revoked_at, expires_at) DESC LIMIT %s
"""
_GOOD_OF: LiteralString = """
    SELECT count(*) FROM auth.token WHERE kind = 'made' AND tenant = %s
        AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())
"""
_PAST: LiteralString = """
    token_id IN (
        SELECT token_id FROM auth.token WHERE kind = %s AND name = %s AND revoked_at IS NULL AND expires_at > now()
        ORDER BY made_at DESC, token_id OFFSET %s
    )
"""
"""the log-ins (or sessions) of a user that are good, but for the newest"""
_REVOKE: LiteralString = f"""
    UPDATE auth.token SET revoked_at = clock_timestamp(), revoked_by = %s
    WHERE revoked_at IS NULL AND {{}} RETURNING {_COLUMNS}
"""


def make(
    connection: Connection[Any],
    by: str,
    name: str,
    tenant: str | None = None,
    scopes: Collection[str] = (),
    days: int | None = None,
    user: str | None = None,
    role: str | None = None,
    most: int | None = None,
) -> tuple[Token, str]:
    """Make a token; its text is told this once. Without a user it is for all of its company.

    `most` is how many good ones a company may have, its users' among them; None: any number. Raises `BadArgument`, or
    `Settled` when the name is taken or the company has all that it may have.
    """
    if days is not None and not 1 <= days <= of.LONGEST_DAYS:
        raise BadArgument(f"days is a number from 1 to {of.LONGEST_DAYS}.")
    name, tenant = of.checked_name(name), of.checked_tenant(tenant)
    user = of.checked_user(user, tenant)
    tenant = tenant if user is None else user.partition("@")[2]
    bounded = of.checked_role(role, tenant, user)
    expires = None if days is None else datetime.now(UTC) + timedelta(days=days)
    allowed = of.checked_scopes(scopes, tenant)
    with connection.transaction():
        changed(connection)  # one after the other: nobody makes one while these are counted
        if tenant is not None and most is not None:
            row = connection.execute(_GOOD_OF, [tenant]).fetchone()
            if row is not None and int(row[0]) >= most:
                raise Settled(
                    f"{tenant} has {row[0]} good tokens already, of {most} that a company may have: revoke some that"
                    " are not needed (`harmony tokens list`), or raise company_tokens in the settings."
                )
        return _insert(connection, "made", name, tenant, allowed, by, expires, user, bounded)


def log_in(
    connection: Connection[Any], user: str, tenant: str, lasting: timedelta, kind: Kind = "login"
) -> tuple[Token, str]:
    """A token for a user whose password was right, or a session. Of more than `LOGINS` the oldest end."""
    scopes = ["read", "subscribe", "control"]
    connection.execute("DELETE FROM auth.token WHERE kind <> 'made' AND expires_at < now() - %s", [KEPT])
    with connection.transaction():
        changed(connection)  # one after the other: nobody logs in while these are counted
        _revoke(connection, user, _PAST, [kind, user, LOGINS - 1], f"a user has {LOGINS} log-ins at most")
        return _insert(connection, kind, user, tenant, scopes, user, datetime.now(UTC) + lasting, user)


def session_of(
    connection: Connection[Any], parent: str, of: Principal, kept: Token | None, lasting: timedelta
) -> tuple[Token, str]:
    """A session of the bearer of a token: what that may do, for no longer than it holds."""
    expires = datetime.now(UTC) + lasting
    if kept is not None and kept.expires_at is not None:
        expires = min(expires, kept.expires_at)
    user, role = (None, None) if kept is None else (kept.user, kept.role)
    tenant = of.tenant if kept is None else kept.tenant
    scopes = sorted(of.scopes) if kept is None else kept.scopes
    with connection.transaction():
        changed(connection)
        _revoke(connection, of.name, _PAST, ["session", of.name, LOGINS - 1], f"a user has {LOGINS} sessions at most")
        return _insert(connection, "session", of.name, tenant, scopes, of.name, expires, user, role, parent)


def _insert(
    connection: Connection[Any],
    kind: Kind,
    name: str,
    tenant: str | None,
    scopes: Collection[str],
    by: str,
    expires: datetime | None,
    user: str | None = None,
    role: Role | None = None,
    parent: str | None = None,
) -> tuple[Token, str]:
    text = of.fresh()
    values = [of.hashed(text), kind, name, tenant, list(scopes), by, expires, user, role, parent]
    try:
        with connection.transaction(), connection.cursor(row_factory=class_row(Token)) as cursor:
            made = cursor.execute(_INSERT, values).fetchone()
            assert made is not None
            action = "token.made" if kind == "made" else "access.login"
            record_action(connection, action, by, name, details=_details(made), tenant=tenant)
    except psycopg.errors.UniqueViolation:
        raise Settled(f"There is a token {name!r} already: revoke it first, or choose another name.") from None
    return made, text


def _details(one: Token) -> dict[str, object]:
    told: dict[str, object] = {"token_id": str(one.token_id), "scopes": one.scopes, "expires_at": one.expires_at}
    return told | ({"user": one.user, "role": one.role} if one.user is not None and one.kind == "made" else {})


def listed(connection: Connection[Any], everything: bool = False) -> list[Token]:
    """The good tokens, the oldest first; with `everything` also those that expired or were revoked."""
    query: LiteralString = f"SELECT {_COLUMNS} FROM auth.token"
    if not everything:
        query += " WHERE revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())"
    with connection.cursor(row_factory=class_row(Token)) as cursor:
        return cursor.execute(query + " ORDER BY made_at, token_id").fetchall()


def revoke(connection: Connection[Any], by: str, which: str) -> list[Token]:
    """Revoke a token by its name or id, or all logins of a user by the user; raises `NotFound`."""
    condition: LiteralString = "token_id = %s" if (found := _uuid(which)) else "name = %s"
    with connection.transaction():
        changed(connection)
        gone = _revoke(connection, by, condition, [found or which])
        _revoke(connection, by, "parent = ANY(%s)", [[str(one.token_id) for one in gone]], "the token was revoked")
        if not gone:
            raise NotFound(f"There is no good token {which[:80]!r}: `harmony tokens list` shows them.")
    return gone


def end_session(connection: Connection[Any], of: Token, everywhere: bool) -> None:
    """End a session; `everywhere`: all sessions and log-ins of its person, and what else came of the same token."""
    condition: LiteralString = "token_id = %s"
    values: list[object] = [of.token_id]
    if everywhere and of.parent is not None:
        condition, values = "kind = 'session' AND parent = %s", [of.parent]
    elif everywhere:
        condition, values = "kind <> 'made' AND name = %s", [of.name]
    with connection.transaction():
        changed(connection)
        _revoke(connection, of.name, condition, values, "signed out")


def _revoke(
    connection: Connection[Any], by: str, condition: LiteralString, values: list[object], reason: str = ""
) -> list[Token]:
    with connection.cursor(row_factory=class_row(Token)) as cursor:
        gone = cursor.execute(_REVOKE.format(condition), [by, *values]).fetchall()
    for one in gone:
        record_action(connection, "token.revoked", by, one.name, reason, details=_details(one), tenant=one.tenant)
    return gone


def changed(connection: Connection[Any]) -> None:
    """Tell every process, at the commit, that the good tokens are others now."""
    connection.execute("UPDATE auth.token_change SET number = number + 1")


def change_number(connection: Connection[Any]) -> int:
    row = connection.execute("SELECT number FROM auth.token_change").fetchone()
    return 0 if row is None else int(row[0])


def good(connection: Connection[Any]) -> dict[bytes, Token]:
    """All good tokens by their hashes."""
    rows = connection.execute(_GOOD).fetchall()
    names = Token.__struct_fields__
    return {bytes(row[0]): Token(**dict(zip(names, row[1:], strict=True))) for row in rows}


def ended(connection: Connection[Any], most: int) -> dict[bytes, bool]:
    """The hashes of tokens that ended last, each with whether it was revoked, and did not just expire."""
    return {bytes(row[0]): bool(row[1]) for row in connection.execute(_ENDED, [most]).fetchall()}


def used(connection: Connection[Any], ids: Iterable[UUID]) -> None:
    """Note that these were used just now."""
    connection.execute("UPDATE auth.token SET last_used_at = clock_timestamp() WHERE token_id = ANY(%s)", [list(ids)])


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
