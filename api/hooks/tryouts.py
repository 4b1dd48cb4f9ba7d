"""Test events: recorded examples that are asked for by their type, to try a receiver before it matters.

They never become facts: they lie in a table of their own beside the logs, for an hour and a hundred a company, and each
says of itself that it is a test (`"test": true`, an extension of CloudEvents). Of a company its own are there and no
others.
"""

import time
from datetime import timedelta
from typing import Annotated, Any, Final, LiteralString
from uuid import uuid4

import msgspec
from psycopg import Connection

from api.access.principal import Principal
from api.errors import BadArgument
from api.hooks.endpoint import LONGEST_TEXT, Type, without_nul
from api.hooks.places import installation
from projections.published.catalogue import CATALOGUE
from projections.published.envelope import envelope
from projections.published.event import PublishedEvent

KEPT: Final = timedelta(hours=1)
MOST: Final = 100
"""of one company; older ones make room"""
_LOCK: LiteralString = "LOCK TABLE hooks.test_event IN SHARE ROW EXCLUSIVE MODE"
_INSERT: LiteralString = "INSERT INTO hooks.test_event (tenant, type, body) VALUES (%s, %s, %s) RETURNING number"
_PRUNE: LiteralString = """
    DELETE FROM hooks.test_event WHERE made_at < clock_timestamp() - %(kept)s OR number IN (
        SELECT number FROM hooks.test_event WHERE tenant IS NOT DISTINCT FROM %(tenant)s
        ORDER BY number DESC OFFSET %(most)s)
"""
_AFTER: LiteralString = """
    SELECT number, body FROM hooks.test_event
    WHERE number > %(after)s AND made_at >= clock_timestamp() - %(kept)s
        AND (%(tenant)s::text IS NULL OR tenant = %(tenant)s)
    ORDER BY number LIMIT %(most)s
"""
_HEAD: LiteralString = """
    SELECT coalesce(max(number), 0) FROM hooks.test_event WHERE %(tenant)s::text IS NULL OR tenant = %(tenant)s
"""


Company = Annotated[
    str, msgspec.Meta(min_length=1, max_length=LONGEST_TEXT, extra_json_schema={"pattern": "^[^\\u0000]*$"})
]


class NewTestEvent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked for when a receiver is to be tried."""

    type: Type
    """the type of event, such as call.ended"""
    tenant: Company | None = None
    """for the installation's own tokens only: whose receivers get it; null: the installation's alone"""


class Page(msgspec.Struct, frozen=True):
    """Test events, the oldest first, and where to go on."""

    events: list[msgspec.Raw]
    next: int
    """`after` of the next question"""


def make(connection: Connection[Any], who: Principal, new: NewTestEvent) -> bytes:
    """Make a test event; its JSON, as receivers get it. Raises `BadArgument`, and `Forbidden` for another's company."""
    without_nul(new)
    tenant = who.limited(new.tenant)
    if new.type not in CATALOGUE:
        raise BadArgument(f"{new.type[:60]!r} is no type of event: /v1/schemas and docs/reference/events.md list them.")
    if who.tenant is not None and "tenant" not in CATALOGUE[new.type].example:
        raise BadArgument(f"{new.type} is for operators only: no receiver of a company ever gets such an event.")
    with connection.transaction():
        # One after the other, so that none becomes visible behind one that was read already.
        connection.execute(_LOCK)
        body = _body(connection, new.type, tenant)
        connection.execute(_INSERT, [tenant, new.type, body])
        connection.execute(_PRUNE, {"kept": KEPT, "tenant": tenant, "most": MOST})
    return body


def after(connection: Connection[Any], who: Principal, number: int | None) -> Page:
    """Those behind a number that the principal may see; None: none of them, only where new ones will begin."""
    if number is None:
        row = connection.execute(_HEAD, {"tenant": who.tenant}).fetchone()
        return Page([], 0 if row is None else int(row[0]))
    values = {"after": number, "kept": KEPT, "tenant": who.tenant, "most": MOST}
    rows = connection.execute(_AFTER, values).fetchall()
    return Page([msgspec.Raw(bytes(row[1])) for row in rows], int(rows[-1][0]) if rows else number)


def _body(connection: Connection[Any], name: str, tenant: str | None) -> bytes:
    """The recorded example as an event of now, with an id of its own; it has no cursor, being in no log."""
    example = CATALOGUE[name].example
    data = dict(example["data"])
    about = name.startswith("call.")  # these three are added on the way out
    call, direction = (data.pop("call_id"), data.pop("direction")) if about else (None, None)
    caused = data.pop("caused_position") if about else 0
    event = PublishedEvent(
        position=0,
        type=name,
        event_id=str(uuid4()),
        tenant=tenant,
        subject=example["subject"],
        call_id=call,
        direction=direction,
        parties=(),
        queues=(),
        aliases=(),
        users=(),
        occurred_at=time.time_ns() // 1000,
        state=msgspec.json.encode({"caused_position": caused, "data": data}),
    )
    told = msgspec.json.decode(envelope(event, "", installation(connection)))
    del told["cursor"]
    facts = told.pop("data")
    return msgspec.json.encode(told | {"test": True, "data": facts})
