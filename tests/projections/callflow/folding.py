"""What the tests of the call fold share: captures as events of a log, and a fold driven as the runner drives it."""

import gzip
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from api.operations.captures import incoming
from core.capture import read_capture
from core.errors import MalformedEvent
from core.event import SwitchEvent, identify, version_of
from projections.callflow import TOPICS, Call, CallEvent, CallFold, Changes, own_switches, render
from projections.callflow.hearing import CALL_ID

CAPTURES = Path(__file__).parents[2] / "captures"
SCENARIOS = Path(__file__).parents[2] / "scenarios"
NAMES = sorted(path.parent.name for path in CAPTURES.glob("*/events.etf.gz"))
# 58,000 events say nothing that a thousand calls more would not say: the load has a test of its own.
SMALL = [name for name in NAMES if name != "54-load"]


@lru_cache(maxsize=8)
def events_of(name: str, folder: Path = CAPTURES) -> tuple[SwitchEvent, ...]:
    """A capture as it stands in a log of its own, reduced to what the fold reads."""
    runs: dict[str, int] = {}
    events = []
    path = folder / name / "events.etf.gz"
    for position, (item, _) in enumerate(incoming(read_capture(path)), start=1):
        try:
            identity = identify(item.term)
        except MalformedEvent:
            continue
        run = runs.setdefault(identity.core_uuid, len(runs) + 1)
        if identity.topic in TOPICS:
            events.append(
                SwitchEvent(
                    position=position,
                    stream=identity.stream,
                    version=version_of(run, identity.sequence),
                    topic=identity.topic,
                    occurred_at=identity.occurred_at,
                    stored_at=item.received_at,
                    switch=item.switch,
                    term=item.term,
                )
            )
    return tuple(events)


class Store:
    """What the runner's tables would hold."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self.states: dict[str, list[bytes]] = {}
        """of each call its parts, the last of which is replaced each time"""
        self.live: set[str] = set()
        self.holder: dict[str, str] = {}
        self.aliases: dict[str, str] = {}
        self.told: list[CallEvent] = []
        self.known: dict[str, bytes] = {}
        """what is kept of the switches and of who hears them, which is no call's state"""

    def fold(self, fold: CallFold, page: Sequence[SwitchEvent]) -> None:
        """One page, as `projections.projection` does it."""
        readings = [fold.read(event) for event in page]
        for _ in range(2):  # what is restored may wait for others
            for call_id in dict.fromkeys(self.holder[leg] for leg in fold.missing_legs(readings) if leg in self.holder):
                fold.restore(*self.states[call_id])
        for reading in readings:
            fold.apply(reading)
        self.take(fold.take_changes())

    def take(self, changes: Changes) -> None:
        """What the tables make of changes."""
        for merged in changes.merged:
            self.calls.pop(merged.alias, None)
            self.states.pop(merged.alias, None)
            self.live.discard(merged.alias)
            self.aliases[merged.alias] = merged.call_id
        for call_id in changes.revived:
            self.aliases.pop(call_id, None)
        for call in changes.calls:
            if call.call_id in (CALL_ID, own_switches.CALL_ID):
                self.known[call.call_id] = call.state
                continue
            parts = [] if call.renewed else self.states.get(call.call_id, [])[:-1]
            assert call.first_part == len(parts) or not call.parts
            self.states[call.call_id] = [*parts, *call.parts, call.state]
            self.holder.update(dict.fromkeys(call.legs, call.call_id))
            self.told.extend(call.events)
            (self.live.add if call.live else self.live.discard)(call.call_id)
            if call.shown and call.document is not None:
                self.calls[call.call_id] = call.document

    def restarted(self) -> CallFold:
        """A new fold that goes on where the old one was."""
        fold = CallFold()
        for state in self.known.values():
            fold.restore(state)
        for call_id in sorted(self.live):
            fold.restore(*self.states[call_id])
        return fold


def fold_pages(pages: Iterable[Sequence[SwitchEvent]], restart: bool = False) -> Store:
    """Fold pages; with `restart`, by a new fold each."""
    store = Store()
    fold = CallFold()
    for page in pages:
        if restart:
            fold = store.restarted()
        store.fold(fold, page)
    store.take(fold.take_changes("all"))
    return store


def fold_all(events: Sequence[SwitchEvent]) -> Store:
    return fold_pages([events])


def ndjson(store: Store) -> bytes:
    """What `harmony calls export` prints."""
    return b"".join(render(call) + b"\n" for call in store.calls.values())


def check(name: str, store: Store, folder: Path = CAPTURES) -> str:
    """The verdict of `check_calls.py` on what came out."""
    expected = folder / name / "expected.json"
    told = subprocess.run(
        [sys.executable, CAPTURES / "check_calls.py", expected], input=ndjson(store), capture_output=True, check=False
    )
    return told.stdout.decode().strip() + told.stderr.decode()


def without_positions(store: Store) -> dict[str, Any]:
    """The calls, without what tells in which order their events arrived."""
    plain: dict[str, Any] = {}
    for call_id, call in sorted(store.calls.items()):
        document = msgspec.structs.replace(call, first_position=0, last_position=0, evidence=[])
        ties = sorted((*one.legs, one.why) for one in call.evidence)
        plain[call_id] = (json.loads(render(document)), ties)
    return plain


def gunzipped(name: str) -> bytes:
    return gzip.decompress((CAPTURES / name / "events.etf.gz").read_bytes())
