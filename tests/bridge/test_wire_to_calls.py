"""From the wire to calls: recorded calls come over the distribution protocol and give the calls that the phones lived.

The same check as after an import, with the C node, the session, the writer and the log between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random

import msgspec
import pytest

from bridge import demo
from bridge.emulator import Core, read_scene
from bridge.emulator.take import Take
from bridge.process.service import BridgeService
from core.capture import read_capture
from core.event import SwitchEvent, identify, version_of
from core.headers import is_event
from core.log import EventLog
from projections.callflow import TOPICS, Call
from tests.fix_switch import StartBridge, StartSwitch, events_of, eventually
from tests.projections.callflow.folding import check, fold_all

SCENARIOS = [
    "01-answered-caller-hangs-up",
    "01b-binary-answered",
    "02-answered-callee-hangs-up",
    "03-no-answer",
    "04-busy-486",
    "05-reject-603",
    "06-caller-cancels",
    "07-unallocated-number",
    "08-unregistered-to-voicemail",
    "09-no-answer-to-voicemail",
    "10-blind-transfer-by-callee",
    "13-attended-transfer-by-callee",
    "13b-binary-attended-transfer",
    "19-ring-group-simultaneous",
    "22-forward-unconditional",
]


@pytest.mark.erlang
async def test_calls_over_the_wire_are_right(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge, unpacked: Callable[[str], Path]
) -> None:
    switch = await start_switch()
    service = await start_bridge(dsn, switch.name)
    verdicts = {}
    with EventLog(dsn) as log:
        for scenario in SCENARIOS:
            assert await asyncio.to_thread(service.writer.flush, 30)
            before = log.head()
            wanted = service.stats().events + len(events_of(scenario))
            await switch.tell(f"play {unpacked(scenario)}", "played")
            await eventually(partial(has_come, service, wanted))
            assert await asyncio.to_thread(service.writer.flush, 30)
            verdicts[scenario] = check(scenario, fold_all(log.read(before, 10_000, TOPICS)))
    assert {name: verdict for name, verdict in verdicts.items() if "OK" not in verdict} == {}


def has_come(service: BridgeService, events: int) -> bool:
    return service.stats().events >= events


@pytest.mark.pure
@pytest.mark.parametrize("path", demo.recordings(), ids=lambda path: path.name.removesuffix(".etf.gz"))
def test_a_take_folds_into_the_calls_of_the_recording(path: Path) -> None:
    """Other people, other times, and yet the same stories."""
    records = [record for record in read_capture(path) if is_event(record.term)]
    scene = read_scene(path.name, ((record.received_at, record.term) for record in records))
    take = Take(scene, Core(), 1_900_000_000_000_000, 1.0, Random(7))
    recorded = stories([record.term for record in records])
    assert stories([take.term(index) for index in range(len(scene.events))]) == recorded
    assert recorded


def stories(terms: list[bytes]) -> list[tuple[object, ...]]:
    """What is the same of two calls that differ in who, when and under which ids."""
    return sorted(story(call) for call in fold_all(logged(terms)).calls.values())


def story(call: Call) -> tuple[object, ...]:
    return (
        str(call.outcome),
        call.state,
        call.direction,
        round(call.talk_seconds, 3),
        len(call.legs),
        len(call.offers),
        [segment.kind for segment in call.segments],
        [str(msgspec.to_builtins(transfer)["kind"]) for transfer in call.transfers],
    )


def logged(terms: list[bytes]) -> list[SwitchEvent]:
    """The events as they would stand in a log of their own."""
    events = []
    for position, term in enumerate(terms, 1):
        it = identify(term)
        if it.topic in TOPICS:
            version = version_of(1, it.sequence)
            at = it.occurred_at
            events.append(SwitchEvent(position, it.stream, version, it.topic, at, at, "fs@a", term))
    return events
