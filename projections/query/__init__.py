"""The read side of calls: every question that the HTTP interface and the command line ask, and its SQL.

Functions take a psycopg connection, read, and leave it as it was; nothing in here writes. `tenant` None means all
tenants: only operators may ask so, which the caller has to see to. Instants are microseconds since 1970 UTC.
"""

from projections.query.calls import (
    CallListed,
    CallPage,
    CallSummary,
    DocumentPage,
    Found,
    get_call,
    list_calls,
    list_documents,
    list_stories,
    live_calls,
    position,
)
from projections.query.events import EventFilter, PublishedEvent, call_events, head, oldest, position_at, resolved
from projections.query.export import VIEWS, export_csv, export_documents, export_parquet
from projections.query.feed import Delta, Mark, delta, follow, snapshot
from projections.query.filters import CallFilter, shown, zone
from projections.query.stories import Stretch
from projections.query.sums import CallSums, sums

__all__ = [
    "VIEWS",
    "CallFilter",
    "CallListed",
    "CallPage",
    "CallSummary",
    "CallSums",
    "Delta",
    "DocumentPage",
    "EventFilter",
    "Found",
    "Mark",
    "PublishedEvent",
    "Stretch",
    "call_events",
    "delta",
    "export_csv",
    "export_documents",
    "export_parquet",
    "follow",
    "get_call",
    "head",
    "list_calls",
    "list_documents",
    "list_stories",
    "live_calls",
    "oldest",
    "position",
    "position_at",
    "resolved",
    "shown",
    "snapshot",
    "sums",
    "zone",
]
