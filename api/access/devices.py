"""From where a user has logged in before: addresses, and browsers by a cookie. Takes a connection.

The cookie opens nothing. It says that whoever tries now is not one of the strangers that are counted together
(OWASP: device cookies).
"""

import hashlib
import secrets
from typing import Any

from psycopg import Connection

COOKIE = "harmony-device"
DAYS = 180
MOST = 20
"""places kept of a user"""
LONGEST = 64


def address_mark(address: str) -> bytes:
    return hashlib.sha256(b"address " + address.encode()).digest()


def device_mark(cookie: str) -> bytes | None:
    """None: no cookie of ours."""
    return hashlib.sha256(b"device " + cookie.encode()).digest() if 0 < len(cookie) <= LONGEST else None


def fresh() -> str:
    return secrets.token_urlsafe(32)


def known(connection: Connection[Any], user: str, marks: list[bytes]) -> set[bytes]:
    """Those of the marks with which the user logged in lately."""
    rows = connection.execute(
        "SELECT mark FROM auth.login_known"
        " WHERE name = %s AND mark = ANY(%s) AND at > now() - make_interval(days => %s)",
        [user, marks, DAYS],
    ).fetchall()
    return {bytes(row[0]) for row in rows}


def remember(connection: Connection[Any], user: str, marks: list[bytes]) -> None:
    """A user logged in with these."""
    with connection.transaction():
        for mark in marks:
            connection.execute(
                "INSERT INTO auth.login_known (name, mark) VALUES (%s, %s)"
                " ON CONFLICT (name, mark) DO UPDATE SET at = clock_timestamp()",
                [user, mark],
            )
        connection.execute(
            "DELETE FROM auth.login_known WHERE name = %(user)s AND mark NOT IN"
            " (SELECT mark FROM auth.login_known WHERE name = %(user)s ORDER BY at DESC LIMIT %(most)s)",
            {"user": user, "most": MOST},
        )
