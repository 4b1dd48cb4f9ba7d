"""The types of event that segments publish, made from the rows of `projections.callflow.kinds`.

The data of each are those of any event about a call, the parties, the detail that the row names, and at the end how
long the segment was.
"""

from collections.abc import Iterator

import msgspec

from projections.callflow.document import SegmentKind
from projections.callflow.kinds import SEGMENTS, News
from projections.published.call_data import OfSegment
from projections.published.event_type import EventType


def of_segments(*kinds: SegmentKind) -> Iterator[EventType]:
    """What segments of these kinds publish when they begin and when they end."""
    for kind in kinds:
        row = SEGMENTS[kind]
        if row.begins:
            yield _event_type(row.begins)
        if row.ends:
            yield _event_type(row.ends, ("seconds", float))


def _event_type(news: News, *more: tuple[str, type]) -> EventType:
    """`call.left_queue` has data of the name CallLeftQueue."""
    name = "".join(word.capitalize() for word in news.name.replace(".", "_").split("_"))
    fields = [("detail", news.detail), *more]
    data = msgspec.defstruct(name, fields, bases=(OfSegment,), module=__name__, frozen=True, kw_only=True)
    return EventType(news.name, news.sentence, data)
