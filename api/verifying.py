"""Reading the whole switch log and checking that each event is what its row says it is.

The bytes must unpack, identify as an event, and give the row's stream, sequence, topic and time; positions must rise;
two cores never share a run. Nothing is changed.
"""

from collections.abc import Callable, Iterator

import msgspec

from core.errors import HarmonyError
from core.event import SwitchEvent, identify
from core.log import EventLog

PAGE = 1000
LISTED = 100


class Verified(msgspec.Struct, frozen=True):
    events: int
    runs: int
    last: int
    wrong: list[dict[str, object]]
    """Position and what is wrong there; at most LISTED."""

    @property
    def cut(self) -> bool:
        return len(self.wrong) >= LISTED


def verify_log(log: EventLog, advance: Callable[[float], None]) -> Verified:
    wrong: list[dict[str, object]] = []
    cores: dict[int, str] = {}
    events = last = 0
    for item in _events(log):
        if isinstance(item, SwitchEvent):
            position, found = item.position, _faults(item, last, cores)
        else:
            position, found = item
        events += 1
        last = max(last, position)
        if events % PAGE == 0:
            advance(position)
        wrong += [{"position": position, "what": what} for what in found][: LISTED - len(wrong)]
    return Verified(events=events, runs=len(cores), last=last, wrong=wrong)


def _events(log: EventLog) -> Iterator[SwitchEvent | tuple[int, list[str]]]:
    """Every event; where one cannot be read, its position and why, and the rest goes on."""
    after, head = 0, log.head()
    while after < head:
        try:
            page = log.read(after, PAGE)
        except HarmonyError:
            yield from _one_by_one(log, after, min(head, after + PAGE))
            after = min(head, after + PAGE)
            continue
        if not page:
            return
        yield from page
        after = page[-1].position


def _one_by_one(log: EventLog, after: int, upto: int) -> Iterator[SwitchEvent | tuple[int, list[str]]]:
    for position in range(after + 1, upto + 1):
        try:
            yield from log.read(position - 1, 1, None, position)
        except HarmonyError as problem:
            yield position, [str(problem)]


def _faults(event: SwitchEvent, last: int, cores: dict[int, str]) -> list[str]:
    try:
        real = identify(event.term)
    except HarmonyError as problem:
        return [str(problem)]
    faults = []
    if event.position <= last:
        faults.append(f"stands behind position {last}")
    if real.stream != event.stream:
        faults.append(f"belongs to stream {real.stream}, is stored in {event.stream}")
    if real.sequence != event.sequence:
        faults.append(f"has sequence {real.sequence}, is stored as {event.sequence}")
    if real.topic != event.topic:
        faults.append(f"is {real.topic}, is stored as {event.topic}")
    if real.occurred_at != event.occurred_at:
        faults.append(f"happened at {real.occurred_at}, is stored as {event.occurred_at}")
    if cores.setdefault(event.run, real.core_uuid) != real.core_uuid:
        faults.append(f"is of core {real.core_uuid}, its run {event.run} is {cores[event.run]}'s")
    return faults
