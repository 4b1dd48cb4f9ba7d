"""What a subscriber asks for, from the parameters of an address or a command line: which log, from where, what of it.

One table of parameters for all ways in. Pure: what needs the database (where a time lies, what a call's other ids are)
is looked up later.
"""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal, cast, get_args

import msgspec

from api.errors import BadArgument
from api.words.when import instant
from core.cursor import LogName
from core.numbers import number
from core.reach import Reach
from projections.callflow.document import Direction
from projections.published.filter import EventFilter

MOST, USUAL = 1000, 100
"""events of one answer to a pull"""
LONGEST_WAIT = 30.0
"""seconds that a pull may wait for something new"""
LOGS: tuple[LogName, ...] = get_args(LogName)
DIRECTIONS: tuple[str, ...] = get_args(Direction)
RAW = "freeswitch."
"""how the types of the raw switch events begin"""
_TIME = re.compile(r"\d|today$|yesterday$")


class Parameter(msgspec.Struct, frozen=True):
    name: str
    says: str
    choices: tuple[str, ...] = ()
    pull_only: bool = False


PARAMETERS = (
    Parameter(
        "log", "calls (what was published of them, of queues, phones) or switch (raw events, for operators)", LOGS
    ),
    Parameter("after", "begin behind this: beginning, now, the cursor of an event or answer, or a time"),
    Parameter("types", "only these types, with commas between: call.answered, or all of a kind: call.*"),
    Parameter("call", "only of this call, by its id, that of a leg, or of a call merged into it; raw log: of this leg"),
    Parameter("party", "only of calls and phones of this party or user: 1001, 1001@alpha.example"),
    Parameter("user", "another name for party"),
    Parameter("queue", "only of calls in this queue, and of the queue itself"),
    Parameter("direction", "only of calls of this direction", DIRECTIONS),
    Parameter("limit", f"events of an answer, at most {MOST}", pull_only=True),
    Parameter("wait", f"seconds to wait for an event when there is none, at most {LONGEST_WAIT:g}", pull_only=True),
)
BATCH = Parameter("batch", "true: messages are JSON arrays of events and marks, for those who read much")
"""of the WebSocket alone"""


class Start(msgspec.Struct, frozen=True):
    """Where to begin: at one end, behind a cursor, or at an instant (µs since the epoch)."""

    kind: Literal["beginning", "now", "cursor", "time"]
    cursor: str = ""
    instant: int = 0


class SwitchFilter(msgspec.Struct, frozen=True):
    """Which raw events a reader wants: topics that are named whole, beginnings of topics, one leg."""

    topics: frozenset[str] = frozenset()
    beginnings: tuple[str, ...] = ()
    leg: str | None = None

    def wants(self, topic: str) -> bool:
        """Whether events of this topic are asked for; `leg` is not looked at."""
        none = not self.topics and not self.beginnings
        return none or topic in self.topics or topic.startswith(self.beginnings)


class Subscription(msgspec.Struct, frozen=True):
    log: LogName
    start: Start
    filter: EventFilter | SwitchFilter
    limit: int = USUAL
    wait: float = 0.0
    batch: bool = False


def subscription_of(
    given: Mapping[str, str],
    start: str,
    tenant: str | None = None,
    resume: str | None = None,
    now: datetime | None = None,
    reach: Reach | None = None,
) -> Subscription:
    """What named texts ask for. Without `after`, `start` is meant; `resume`, of one who comes again, wins over both.

    `tenant` and `reach` are those of the asking principal. Raises `BadArgument` and `BadFilter`.
    """
    log = cast("LogName", given.get("log", "calls"))
    if log not in LOGS:
        raise BadArgument(f"log: there is no {log!r}, only {' and '.join(LOGS)}.")
    begin = _start(resume or given.get("after", start), now or datetime.now(UTC))
    wanted = _switch_filter(given) if log == "switch" else _event_filter(given, tenant, reach)
    limit = _number(given, "limit", USUAL, 1, MOST)
    wait = _number(given, "wait", 0, 0, LONGEST_WAIT)
    return Subscription(log, begin, wanted, int(limit), wait, _yes(given, "batch"))


def _start(text: str, now: datetime) -> Start:
    if text in ("beginning", "now"):
        return Start(cast("Literal['beginning', 'now']", text))
    if _TIME.match(text):  # a cursor begins with a letter
        moment = instant(text, UTC, now, "after")
        return Start("time", instant=int(moment.timestamp()) * 1_000_000 + moment.microsecond)
    if not text:
        raise BadArgument("after is empty: give beginning, now, a cursor, or a time.")
    return Start("cursor", text)


def _types(given: Mapping[str, str]) -> tuple[str, ...]:
    if "types" not in given:
        return ()
    types = tuple(sorted({name.strip() for name in given["types"].split(",")}))
    if "" in types:
        raise BadArgument(f"types: {given['types']!r} holds an empty name: write names with commas between them.")
    return types


def _event_filter(given: Mapping[str, str], tenant: str | None, reach: Reach | None) -> EventFilter:
    if "party" in given and "user" in given:
        raise BadArgument("party and user are two names for one thing: give one of them.")
    for name in ("call", "party", "user", "queue"):
        if given.get(name) == "":
            raise BadArgument(f"{name} is empty: leave it out, or say which.")
    direction = given.get("direction")
    if direction is not None and direction not in DIRECTIONS:
        raise BadArgument(f"direction: there is no {direction!r}, only {', '.join(DIRECTIONS)}.")
    return EventFilter(
        types=_types(given),
        call=given.get("call"),
        party=given.get("party", given.get("user")),
        queue=given.get("queue"),
        direction=direction,
        tenant=tenant,
        reach=reach,
    )


def _switch_filter(given: Mapping[str, str]) -> SwitchFilter:
    for name in ("party", "user", "queue", "direction"):
        if name in given:
            raise BadArgument(f"{name} means nothing for raw switch events: take types and call, or log=calls.")
    topics, beginnings = set(), []
    for name in _types(given):
        if name == "*":
            beginnings.append("")
            continue
        if not name.startswith(RAW) or "*" in name[:-1]:
            raise BadArgument(
                f"types: {name!r} is no type of raw event: write freeswitch.CHANNEL_ANSWER, or freeswitch.CHANNEL_*."
            )
        topic = topic_of(name)
        if topic.endswith("*"):
            beginnings.append(topic[:-1])
        else:
            topics.add(topic)
    return SwitchFilter(frozenset(topics), tuple(beginnings), given.get("call"))


def type_of(topic: str) -> str:
    """The type of a raw event: CUSTOM sofia::register is freeswitch.CUSTOM.sofia::register."""
    return RAW + topic.replace(" ", ".", 1)


def topic_of(name: str) -> str:
    """The topic of a type of raw events."""
    topic = name.removeprefix(RAW)
    return "CUSTOM " + topic[7:] if topic.startswith("CUSTOM.") else topic


def _number(given: Mapping[str, str], name: str, usual: float, least: float, most: float) -> float:
    if name not in given:
        return usual
    try:
        value = float(given[name]) if name == "wait" else -1 if (found := number(given[name])) is None else found
    except ValueError:
        value = -1
    if not least <= value <= most:  # refuses nan too
        raise BadArgument(f"{name}: {given[name]!r} is no number from {least:g} to {most:g}.")
    return value


def _yes(given: Mapping[str, str], name: str) -> bool:
    if given.get(name, "false") not in ("true", "false"):
        raise BadArgument(f"{name}: {given[name]!r} is neither true nor false.")
    return given.get(name) == "true"
