"""The colleagues that a user has marked: kept with the person, so that they are the same in every browser of his."""

from __future__ import annotations

from typing import Any

from psycopg import Connection

from api.errors import ApiError

MOST = 200
"""that one user may have"""
_LIST = 'SELECT favourite FROM auth.favourite WHERE "user" = %s ORDER BY marked_at, favourite'
_MARK = """
    INSERT INTO auth.favourite ("user", favourite) SELECT %(user)s, %(favourite)s
    WHERE (SELECT count(*) FROM auth.favourite WHERE "user" = %(user)s) < %(most)s
    ON CONFLICT DO NOTHING
"""
_FORGET = 'DELETE FROM auth.favourite WHERE "user" = %s AND favourite = %s'


class TooManyFavourites(ApiError):
    """A user has marked as many as he may."""

    code = "people.too-many-favourites"
    status = 409


def favourites(connection: Connection[Any], user: str) -> list[str]:
    """Those of a user, the one that was marked first before the others."""
    return [str(row[0]) for row in connection.execute(_LIST, [user]).fetchall()]


def mark(connection: Connection[Any], user: str, favourite: str) -> list[str]:
    """Mark a colleague, who may be marked already; raises `TooManyFavourites`."""
    connection.execute(_MARK, {"user": user, "favourite": favourite, "most": MOST})
    found = favourites(connection, user)
    if favourite not in found:
        raise TooManyFavourites(f"You have {MOST} favourites, which is the most: take one away first.")
    return found


def forget(connection: Connection[Any], user: str, favourite: str) -> list[str]:
    """Mark him no longer; nothing happens where he is not."""
    connection.execute(_FORGET, [user, favourite])
    return favourites(connection, user)
