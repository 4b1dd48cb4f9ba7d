"""The call log as subscribers read it: in order of publishing, from any position on."""

from collections.abc import Collection
from typing import Any

import msgspec
from psycopg import Connection

_SELECT = """
    SELECT position, topic, event_id, tenant, state FROM log.call_event
    WHERE position > %(after)s
      AND (%(tenant)s::text IS NULL OR tenant = %(tenant)s)
      AND (%(topics)s::text[] IS NULL OR topic = ANY(%(topics)s))
    ORDER BY position LIMIT %(limit)s
"""


class PublishedEvent(msgspec.Struct, frozen=True):
    """One event of the call log; `state` is its JSON, `position` its place in the call log."""

    position: int
    type: str
    event_id: str
    tenant: str | None
    state: bytes


def call_events(
    connection: Connection[Any],
    after: int = 0,
    limit: int = 500,
    tenant: str | None = None,
    types: Collection[str] | None = None,
) -> list[PublishedEvent]:
    """Events behind a position of the call log, oldest first."""
    values = {"after": after, "limit": limit, "tenant": tenant, "topics": None if types is None else list(types)}
    with connection.cursor(binary=True) as cursor:
        return [PublishedEvent(*row) for row in cursor.execute(_SELECT, values).fetchall()]
