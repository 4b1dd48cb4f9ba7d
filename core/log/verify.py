"""Walking the whole log and checking what each row claims: `harmony events verify`. Finds, and changes nothing.

Whether the events make sense together (legs without a begin or an end) is for those who know what events mean: they
get each event that could be read, so that the log is walked once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, LiteralString, cast

import msgspec

from core.errors import MalformedEvent
from core.event import SEQUENCE_BITS, Identity, SwitchEvent, identify
from core.headers import header, text
from core.log.codec import BadState, decoder
from core.log.driver import connect, translated
from core.log.eventlog import OWN_TOPICS
from core.log.insert import Connection

PAGE = 2000
_ROWS: LiteralString = (
    "SELECT position, originator_id, originator_version, topic, occurred_at, stored_at, state, core_uuid, switch"
    " FROM log.switch_event LEFT JOIN log.switch_run ON run = originator_version >> 40"
    " WHERE position > %s ORDER BY position LIMIT %s"
)
_TWICE: LiteralString = (
    "SELECT max(position), originator_id, originator_version FROM log.switch_event WHERE position > %s"
    " GROUP BY originator_id, originator_version HAVING count(*) > 1 ORDER BY 1 LIMIT 100"
)


class Finding(msgspec.Struct, frozen=True):
    """Something wrong with one event of the log."""

    position: int
    code: str
    what: str
    """one sentence"""


def verify(dsn: str, after: int = 0, each: Callable[[SwitchEvent], None] | None = None) -> Iterator[Finding | int]:
    """Walk the log behind a position: yield what is wrong, and after each page the position that was reached.

    Each state's checksum and bytes, each identity against its row, each run against its table, positions rising, and
    no version twice in a stream. ``each`` gets every event that could be read, in order.
    """
    connection = connect(dsn, "harmony verify")
    try:
        yield from _twice(connection, after)
        while True:
            with translated(), connection.cursor(binary=True) as cursor:
                rows = cast(list[tuple[Any, ...]], cursor.execute(_ROWS, (after, PAGE)).fetchall())
            for row in rows:
                yield from _checked(after, row, each)
                after = row[0]
            yield after
            if len(rows) < PAGE:
                return
    finally:
        connection.close()


def _twice(connection: Connection, after: int) -> Iterator[Finding]:
    """The constraint forbids it, but an index can be damaged: so it is asked of the rows themselves."""
    with translated(), connection.transaction(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_indexscan = off")
        cursor.execute("SET LOCAL enable_indexonlyscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        rows = cursor.execute(_TWICE, (after,)).fetchall()
    for position, stream, version in rows:
        yield Finding(int(str(position)), "verify.twice", f"Version {version} of stream {stream} is there twice.")


def _checked(before: int, row: tuple[Any, ...], each: Callable[[SwitchEvent], None] | None) -> Iterator[Finding]:
    position, stream, version, topic, occurred_at, stored_at, state, _, switch = row
    try:
        term = decoder().decode(state)
        identity = identify(term)
    except (BadState, MalformedEvent) as error:
        yield Finding(position, error.code, str(error))
        return
    yield from _wrong(before, row, identity)
    if each is not None:
        if topic.startswith(OWN_TOPICS):
            switch = text(header(term, b"Harmony-Switch") or (switch or "").encode())
        each(SwitchEvent(position, stream, version, topic, occurred_at, stored_at, switch or "", term))


def _wrong(before: int, row: tuple[Any, ...], identity: Identity) -> Iterator[Finding]:
    position, stream, version, topic, occurred_at, _, _, core_uuid, _ = row
    if position <= before:
        yield Finding(position, "verify.order", f"Its position does not come after {before}.")
    if core_uuid is None:
        yield Finding(position, "verify.run", f"Its run {version >> SEQUENCE_BITS} is not in log.switch_run.")
    claims: tuple[tuple[str, object, object], ...] = (
        ("stream", stream, identity.stream),
        ("sequence", version & ((1 << SEQUENCE_BITS) - 1), identity.sequence),
        ("topic", topic, identity.topic),
        ("time", occurred_at, identity.occurred_at),
        ("core", core_uuid, identity.core_uuid if core_uuid is not None else None),
    )
    for name, claimed, found in claims:
        if claimed != found:
            yield Finding(position, f"verify.{name}", f"Its row says {name} {claimed}, its bytes say {found}.")
