"""From the wire to calls: recorded calls come over the distribution protocol and give the calls that the phones lived.

The same check as after an import, with the C node, the session, the writer and the log between.
"""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import psycopg
import pytest

from bridge import demo
from bridge.emulator import Core, read_scene
from bridge.emulator.take import Take
from bridge.process.service import BridgeService
from core.capture import read_capture
from core.event import SwitchEvent, identify, version_of
from core.headers import header, is_event
from projections.callflow import TOPICS, Call, CallFold, render
from projections.rebuild import rebuild
from projections.runner import Runner
from tests.fix_switch import CAPTURES, StartBridge, StartSwitch, eventually
from tests.projections.callflow.folding import SMALL, fold_all
from tests.projections.callflow.folding import events_of as imported

# What ended these calls, or broke what is known of them, was the link itself, which no event tells of.
BY_LINK = frozenset({"48-switch-killed-mid-call", "49-listener-cut-mid-call", "74-sofia-recover"})


@pytest.mark.erlang
async def test_all_recorded_calls_over_the_wire_are_those_that_an_import_gives(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge, tmp_path: Path
) -> None:
    """Two switches at once, each with half of the captures, one behind the other; what went through two goes through
    both. Told live, told again by a rebuild, and told from the files: the same documents.
    """
    names = sorted(set(SMALL) - BY_LINK, key=lambda name: imported(name)[0].occurred_at)
    paths = [tmp_path / "one.etf", tmp_path / "two.etf"]
    count = deal(names, paths)
    switches = [await start_switch(f"freeswitch-{which}@127.0.0.1") for which in ("one", "two")]
    service = await start_bridge(dsn, *(switch.name for switch in switches))
    wanted = service.stats().events + count
    await asyncio.gather(*(switch.tell(f"play {path}", "played") for switch, path in zip(switches, paths, strict=True)))
    await eventually(partial(has_come, service, wanted))
    assert await asyncio.to_thread(service.writer.flush, 60)
    await asyncio.to_thread(Runner(dsn, CallFold, TOPICS).run_once)
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT call_id, document FROM calls.call").fetchall()
    told: dict[str, Any] = dict(rows)
    for name in names:
        of_file = {call_id: json.loads(render(call)) for call_id, call in fold_all(imported(name)).calls.items()}
        assert plain({call_id: told[call_id] for call_id in of_file if call_id in told}) == plain(of_file), name
    again = await asyncio.to_thread(partial(rebuild, dsn, CallFold, TOPICS, swap=False))
    assert (again.changed, again.added, again.gone) == (0, 0, 0)


def deal(names: list[str], paths: list[Path]) -> int:
    """Write the captures in turns to the files that the switches play; return how many events that is."""
    count = 0
    with paths[0].open("wb") as one, paths[1].open("wb") as two:
        for turn, name in enumerate(names):
            where: dict[bytes | None, int] = {}
            for record in read_capture(CAPTURES / name / "events.etf.gz"):
                if is_event(record.term):
                    switch = where.setdefault(header(record.term, b"FreeSWITCH-Switchname"), len(where))
                    head = record.received_at.to_bytes(8, "big") + len(record.term).to_bytes(4, "big")
                    (one, two)[(turn + switch) % 2].write(head + record.term)
                    count += 1
    return count


def plain(documents: dict[str, Any]) -> dict[str, Any]:
    """Documents without what depends on where their events stand in the log, and on the switch's name."""
    return {
        call_id: document
        | {"legs": [leg | {"switch": ""} for leg in document["legs"]], "first_position": 0, "last_position": 0}
        | {"evidence": sorted((*one["legs"], one["why"]) for one in document["evidence"])}
        for call_id, document in documents.items()
    }


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
