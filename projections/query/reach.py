"""A `Reach` as SQL: the one place in which a list, a call, a room or an export is limited to what somebody may see.

What a call is found by stands in `calls.search`: its users as the switch knew them, and the queues in which it waited.
A list takes the newest of each user and queue by index, with all other conditions, and of those the newest: so it costs
the same however many calls of others there are.
"""

from typing import Any

from psycopg.sql import SQL, Composed, Literal

from core.reach import Reach


def terms(reach: Reach) -> list[tuple[str, str]]:
    """(kind, value) in `calls.search`; a queue stands there without the domain, which the call's company has."""
    return [("user", user) for user in reach.users] + [("queue", queue.rpartition("@")[0]) for queue in reach.queues]


def visible(reach: Reach | None, call: str = "c") -> Composed:
    """A condition on a call; the company is asked for besides."""
    if reach is None:
        return Composed([SQL("true")])
    named = terms(reach)
    if not named:
        return Composed([SQL("false")])
    pairs = SQL(", ").join(SQL("({}, {})").format(Literal(kind), Literal(value)) for kind, value in named)
    return SQL(
        "EXISTS (SELECT FROM calls.search own WHERE own.call_id = {}.call_id AND (own.kind, own.value) IN ({}))"
    ).format(SQL(call), pairs)


def columns(reach: Reach) -> list[list[Any]]:
    """The terms as two arrays."""
    named = terms(reach)
    return [[kind for kind, _ in named], [value for _, value in named]]
