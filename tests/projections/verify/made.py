"""Captures as a log holds them, and accounts of what is left of them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from api.operations.captures import incoming
from core.capture import read_capture
from core.errors import MalformedEvent
from core.event import SwitchEvent, identify, version_of
from projections.verify import Account, Report

TOP = Path(__file__).parents[2]
CAPTURES = sorted(path.parent for path in (TOP / "captures").glob("*/events.etf.gz"))
SCENARIOS = sorted(path.parent for path in (TOP / "scenarios").glob("*/events.etf.gz"))


@lru_cache(maxsize=4)
def events_of(folder: Path) -> tuple[SwitchEvent, ...]:
    """All events of a capture, at the positions that they have in a log of their own."""
    runs: dict[str, int] = {}
    events = []
    for position, (item, _) in enumerate(incoming(read_capture(folder / "events.etf.gz")), start=1):
        try:
            who = identify(item.term)
        except MalformedEvent:
            continue
        version = version_of(runs.setdefault(who.core_uuid, len(runs) + 1), who.sequence)
        events.append(
            SwitchEvent(
                position, who.stream, version, who.topic, who.occurred_at, item.received_at, item.switch, item.term
            )
        )
    return tuple(events)


def account(events: Iterable[SwitchEvent]) -> Report:
    made = Account()
    for event in events:
        made.take(event)
    return made.report()
