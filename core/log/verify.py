"""Walking the whole log and checking what each row claims: `harmony events verify`. Finds, and changes nothing.

Whether the events make sense together (legs without a begin or an end) is for those who know what events mean.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, LiteralString, cast

import msgspec

from core.errors import MalformedEvent
from core.event import SEQUENCE_BITS, identify
from core.log.codec import BadState, decoder
from core.log.driver import connect, translated

PAGE = 2000
_ROWS: LiteralString = (
    "SELECT position, originator_id, originator_version, topic, occurred_at, state, core_uuid"
    " FROM log.switch_event LEFT JOIN log.switch_run ON run = originator_version >> 40"
    " WHERE position > %s ORDER BY position LIMIT %s"
)


class Finding(msgspec.Struct, frozen=True):
    """Something wrong with one event of the log."""

    position: int
    code: str
    what: str
    """one sentence"""


def verify(dsn: str, after: int = 0) -> Iterator[Finding | int]:
    """Walk the log behind a position: yield what is wrong, and after each page the position that was reached.

    Each state's checksum and bytes, each identity against its row, each run against its table, positions rising.
    """
    connection = connect(dsn, "harmony verify")
    try:
        while True:
            with translated(), connection.cursor(binary=True) as cursor:
                rows = cast(list[tuple[Any, ...]], cursor.execute(_ROWS, (after, PAGE)).fetchall())
            for row in rows:
                yield from _wrong(after, row)
                after = row[0]
            yield after
            if len(rows) < PAGE:
                return
    finally:
        connection.close()


def _wrong(before: int, row: tuple[Any, ...]) -> Iterator[Finding]:
    position, stream, version, topic, occurred_at, state, core_uuid = row
    if position <= before:
        yield Finding(position, "verify.order", f"Its position does not come after {before}.")
    if core_uuid is None:
        yield Finding(position, "verify.run", f"Its run {version >> SEQUENCE_BITS} is not in log.switch_run.")
    try:
        identity = identify(decoder().decode(state))
    except BadState as error:
        yield Finding(position, error.code, str(error))
        return
    except MalformedEvent as error:
        yield Finding(position, error.code, str(error))
        return
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
