"""The emulated switch: recorded calls as calls of now, over the real distribution protocol."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from random import Random

import pytest

from bridge import demo
from bridge.emulator import Core, EmulatedSwitch, Scene, read_scene
from bridge.emulator.take import Take
from bridge.node import Node
from bridge.session.commands import CommandFailed
from core.capture import read_capture
from core.event import identify
from core.headers import header, headers, is_event
from tests.fix_switch import CAPTURES, COOKIE, Joined, StartNode, events_of

NOW = 1_900_000_000_000_000
Join = Callable[..., Awaitable[Joined]]
StartEmulator = Callable[..., Awaitable[EmulatedSwitch]]


def scene(name: str) -> Scene:
    return read_scene(
        name, ((record.received_at, record.term) for record in read_capture(CAPTURES / name / "events.etf.gz"))
    )


def take(played: Scene, core: Core | None = None, speed: float = 1.0, seed: int = 1) -> list[bytes]:
    taken = Take(played, core or Core(), NOW, speed, Random(seed))
    return [taken.term(index) for index in range(len(played.events))]


@pytest.mark.pure
@pytest.mark.parametrize("path", demo.recordings(), ids=lambda path: path.name.removesuffix(".etf.gz"))
def test_a_take_is_another_call_of_the_same_shape(path: Path) -> None:
    records = list(read_capture(path))
    before = [
        r.term
        for r in records
        if is_event(r.term) and header(r.term, b"Event-Name") not in (b"HEARTBEAT", b"RE_SCHEDULE")
    ]
    core = Core()
    after = take(read_scene(path.name, ((r.received_at, r.term) for r in records)), core)
    assert [identify(term).topic for term in after] == [identify(term).topic for term in before]
    assert {identify(term).core_uuid for term in after} == {core.core_uuid}
    sequences = [identify(term).sequence for term in after]
    assert sequences == sorted(set(sequences))
    pairing = {(identify(old).leg, identify(new).leg) for old, new in zip(before, after, strict=True)}
    assert len(pairing) == len({old for old, _ in pairing}) == len({new for _, new in pairing})
    for old, new in zip(before, after, strict=True):
        assert list(headers(old)) == list(headers(new))
    olds = [old.encode() for old, _ in pairing if old is not None and len(old) == 36]
    assert not any(old in term for old in olds for term in after)


@pytest.mark.pure
def test_times_are_of_now_and_keep_their_distances() -> None:
    played = scene("01-answered-caller-hangs-up")
    before, after = events_of("01-answered-caller-hangs-up"), take(played)
    for old, new in zip(before, after, strict=True):
        for name in (b"Event-Date-Timestamp", b"Caller-Channel-Answered-Time", b"variable_start_uepoch"):
            was, is_ = header(old, name), header(new, name)
            if was and was != b"0":
                assert int(is_ or 0) - NOW == int(was) - played.began
    answered = next(term for term in after if header(term, b"variable_answer_stamp"))
    assert (header(answered, b"variable_answer_stamp") or b"").startswith(b"2030-03-17 ")
    assert (header(answered, b"Event-Date-GMT") or b"").startswith(b"Sun, 17 Mar 2030 ")


@pytest.mark.pure
def test_double_speed_halves_the_distances() -> None:
    played = scene("01-answered-caller-hangs-up")
    slow, fast = take(played), take(played, speed=2.0)
    span = [int(header(terms[-1], b"Event-Date-Timestamp") or 0) - NOW for terms in (slow, fast)]
    assert abs(span[0] - 2 * span[1]) <= 2


@pytest.mark.pure
def test_ids_inside_longer_texts_change_with_the_others() -> None:
    played = scene("13-attended-transfer-by-callee")
    after = take(played)
    legs = {leg for term in after if (leg := identify(term).leg)}
    named = {value.decode() for term in after if (value := header(term, b"variable_originating_leg_uuid"))}
    assert named
    assert named <= legs
    calls = {value for term in after if (value := header(term, b"variable_sip_call_id"))}
    old = {value for term in events_of(played.name) if (value := header(term, b"variable_sip_call_id"))}
    assert len(calls) == len(old)
    assert not calls & old


@pytest.mark.pure
def test_other_people_of_other_companies_speak_the_parts() -> None:
    """One bijection a take: whoever was one person is one person."""
    played = scene("42-two-tenants-same-numbers")
    before = events_of(played.name)
    for seed in range(3):
        after = take(played, seed=seed)
        for name in (b"Caller-Caller-ID-Number", b"variable_domain_name", b"variable_sip_from_uri", b"variable_tenant"):
            pairs = {(header(old, name), header(new, name)) for old, new in zip(before, after, strict=True)}
            assert len({old for old, _ in pairs}) == len({new for _, new in pairs}) == len(pairs)
            assert all((old is None) == (new is None) for old, new in pairs)
    numbers = {header(take(played, seed=seed)[10], b"Caller-Caller-ID-Number") for seed in range(6)}
    assert len(numbers) > 1


@pytest.mark.pure
def test_the_same_seed_gives_the_same_take_and_the_next_take_other_calls() -> None:
    played, core = scene("03-no-answer"), "9f0a6a0e-0000-4000-8000-000000000001"
    assert take(played, Core(core)) == take(played, Core(core))
    one, two = ({identify(term).leg for term in take(played, seed=seed)} - {None} for seed in (1, 2))
    assert not one & two


@pytest.mark.pure
def test_the_recordings_travel_with_the_package() -> None:
    assert len(demo.recordings()) > 15
    assert sum(path.stat().st_size for path in demo.recordings()) < 1_000_000


@pytest.fixture
async def start_emulator(epmd_port: int) -> AsyncIterator[StartEmulator]:
    stop, running = asyncio.Event(), []

    async def start(*names: str, encoding: str = "string", lines: int = 0, speed: float = 1.0) -> EmulatedSwitch:
        node = Node("emulated@127.0.0.1", COOKIE, epmd_port=epmd_port)
        scenes = [scene(name) for name in names]
        switch = EmulatedSwitch(node, scenes, lines=lines, speed=speed, rest=0.1, core=Core(encoding=encoding))
        running.append(asyncio.create_task(switch.run(stop)))
        return switch

    yield start
    stop.set()
    await asyncio.gather(*running)


@pytest.mark.erlang
@pytest.mark.parametrize("encoding", ["string", "binary"])
async def test_a_session_joins_it_like_any_switch(
    encoding: str, start_emulator: StartEmulator, start_node: StartNode, join: Join
) -> None:
    emulated = await start_emulator(encoding=encoding)
    joined = await join(await start_node(), "emulated@127.0.0.1")
    assert joined.session.core_uuid == emulated.core.core_uuid
    assert joined.session.faults == ()
    assert joined.commands.encoding == encoding
    found = joined.sink.own("harmony::reconciled")[0]
    assert header(found, b"Harmony-Certain") == b"true"
    await emulated.play(read_scene_fast("01-answered-caller-hangs-up"))
    await joined.sink.until(lambda: sum(is_destroy(term) for term in joined.sink.events()) == 2)
    assert emulated.core.channels == {}
    assert joined.session.legs.alive() == frozenset()


def is_destroy(term: bytes) -> bool:
    return header(term, b"Event-Name") == b"CHANNEL_DESTROY"


def read_scene_fast(name: str) -> Scene:
    """A scene whose events follow each other at once."""
    played = scene(name)
    records = [(played.began + number, term) for number, term in enumerate(events_of(name))]
    return read_scene(name, records)


@pytest.mark.erlang
async def test_lines_play_on_and_on_and_calls_overlap(
    start_emulator: StartEmulator, start_node: StartNode, join: Join
) -> None:
    emulated = await start_emulator("01-answered-caller-hangs-up", "03-no-answer", lines=3, speed=20.0)
    joined = await join(await start_node(), "emulated@127.0.0.1")

    def created() -> list[bytes]:
        return [term for term in joined.sink.events() if header(term, b"Event-Name") == b"CHANNEL_CREATE"]

    await joined.sink.until(lambda: emulated.played >= 9 and len(created()) > 12)
    begun = list(map(identify, created()))
    assert len({event.leg for event in begun}) == len(begun)
    assert {event.core_uuid for event in begun} == {emulated.core.core_uuid}


@pytest.mark.erlang
async def test_commands(start_emulator: StartEmulator, start_node: StartNode, join: Join) -> None:
    await start_emulator()
    joined = await join(await start_node(), "emulated@127.0.0.1")
    assert await joined.commands.api("echo", "grüße") == "grüße"
    with pytest.raises(CommandFailed, match="Command not found"):
        await joined.commands.api("nosuchcommand")
    job = await joined.commands.bgapi("version", "short")
    assert (await job.result()).startswith("1.11")
    await joined.commands.sendevent("CUSTOM", "my::thing", {"K": "V"})
    await joined.sink.until(lambda: any(header(term, b"K") == b"V" for term in joined.sink.events()))


@pytest.mark.erlang
async def test_a_hangup_ends_the_played_call_at_once_and_what_it_cannot_do_it_refuses(
    start_emulator: StartEmulator, start_node: StartNode, join: Join
) -> None:
    emulated = await start_emulator(speed=0.02)  # by itself it would end in minutes
    joined = await join(await start_node(), "emulated@127.0.0.1")
    playing = asyncio.create_task(emulated.play(scene("01-answered-caller-hangs-up")))
    await joined.sink.until(lambda: len(emulated.core.channels) >= 1)
    leg = next(iter(emulated.core.channels))
    with pytest.raises(CommandFailed, match="can only be hung up"):
        await (await joined.commands.bgapi("uuid_transfer", f"{leg} 1003 XML alpha.example")).result()
    assert (await (await joined.commands.bgapi("uuid_kill", f"{leg} USER_BUSY")).result()) == "+OK\n"
    await playing
    assert emulated.core.channels == {}
    await joined.sink.until(lambda: leg in {identify(term).leg for term in joined.sink.events() if is_destroy(term)})
    ended = max(int(header(term, b"Event-Date-Timestamp") or 0) for term in joined.sink.events() if is_destroy(term))
    assert ended <= time.time_ns() // 1000
    with pytest.raises(CommandFailed, match="No such channel"):
        await (await joined.commands.bgapi("uuid_kill", leg)).result()
