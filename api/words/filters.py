"""What calls may be asked for, as text from a command line or an address, made into the filter of the read side.

One table for both, and for /openapi.json: a filter has one name, one meaning, and one sentence when it is wrong.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, get_args

import msgspec

from api.errors import BadArgument
from api.words.when import instant, zone
from projections.callflow.document import Direction, Outcome, Quality
from projections.query import CallFilter


class Filter(msgspec.Struct, frozen=True):
    name: str
    kind: Literal["text", "choice", "yes", "time", "seconds"]
    says: str
    choices: tuple[str, ...] = ()


FILTERS = (
    Filter("number", "text", "a number or extension that took part, was dialled or was rung"),
    Filter("user", "text", "a user who took part, such as 1001@alpha.example"),
    Filter("related", "text", "with a link of this word (`links[].related`): other calls of the same conversation"),
    Filter("direction", "choice", "as the tenant sees it", get_args(Direction)),
    Filter("outcome", "choice", "how the call came out", get_args(Outcome)),
    Filter("answered", "yes", "answered by a person"),
    Filter("queue", "text", "the first queue that the call waited in"),
    Filter("agent", "text", "who answered it out of that queue"),
    Filter("since", "time", "started at or after this time"),
    Filter("until", "time", "started before this time"),
    Filter("min_duration", "seconds", "lasted at least this long"),
    Filter("max_duration", "seconds", "lasted at most this long"),
    Filter("has_transfer", "yes", "somebody tried to transfer it"),
    Filter("min_waited", "seconds", "waited in queues at least this long"),
    Filter("quality", "choice", "how well its times are known", get_args(Quality)),
    Filter("tenant", "text", "of this company"),
    Filter("live", "yes", "not ended yet"),
)
TIMES = "; 2026-11-23, 2026-11-23T08:51, with or without an offset, today, or 2h (ago)"
"""How times are written, for helps and descriptions."""
YES, NO = {"1", "true", "yes", "on", ""}, {"0", "false", "no", "off"}


def call_filter(
    given: Mapping[str, str | None], time_zone: str | None = None, now: datetime | None = None
) -> CallFilter:
    """The filter of named texts; None asks nothing. Times without an offset are meant in `time_zone` (IANA)."""
    where, now = zone(time_zone), now or datetime.now(UTC)
    values: dict[str, Any] = {}
    for item in FILTERS:
        text = given.get(item.name)
        if text is None:
            continue
        match item.kind:
            case "text":
                values[item.name] = text
            case "choice":
                values[item.name] = _choice(item, text)
            case "yes":
                values[item.name] = _yes(item, text)
            case "time":
                moment = instant(text, where, now, item.name)
                values[item.name] = int(moment.timestamp()) * 1_000_000 + moment.microsecond
            case "seconds":
                values[item.name] = _seconds(item, text)
    return CallFilter(**values)


def _choice(item: Filter, text: str) -> str:
    if text not in item.choices:
        raise BadArgument(f"{item.name}: there is no {text!r}, only {', '.join(item.choices)}.")
    return text


def _yes(item: Filter, text: str) -> bool:
    if text.lower() not in YES | NO:
        raise BadArgument(f"{item.name}: {text!r} is neither true nor false.")
    return text.lower() in YES


def _seconds(item: Filter, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:  # refuses nan too
        raise BadArgument(f"{item.name}: {text!r} is no number of seconds.")
    return value
