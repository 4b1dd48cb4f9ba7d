"""A session with a switch, against the C node on real libei."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.process.supervisor import Supervisor
from bridge.session.session import SwitchSession
from bridge.term import Atom
from core.event import identify
from core.headers import header
from tests.fix_switch import CAPTURES, CNode, Joined, StartNode, StartSwitch, events_of, eventually

pytestmark = pytest.mark.erlang

Join = Callable[..., Awaitable[Joined]]
SCENARIOS = sorted(path.name for path in CAPTURES.iterdir() if path.is_dir() and not path.name.startswith("54"))
LEG = "11111111-1111-4111-8111-111111111111"
OTHER = "22222222-2222-4222-8222-222222222222"


async def test_joins_and_says_so(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch()
    joined = await join(await start_node(), switch.name)
    up = await joined.sink.wait_own("harmony::link_up")
    assert header(up, b"Harmony-Core-UUID") == switch.core.encode()
    assert header(up, b"Harmony-Switch") == switch.name.encode()
    assert header(up, b"Harmony-Since") is None
    stats = joined.session.stats()
    assert (stats.state, stats.core_uuid, stats.links, stats.faults, stats.trouble) == ("up", switch.core, 1, (), "")
    assert switch.sent()[0] == "register_event_handler"
    assert "{event, 'ALL'}" in switch.sent()


@pytest.mark.parametrize("scenario", SCENARIOS)
async def test_each_capture_arrives_verbatim(
    scenario: str, start_switch: StartSwitch, start_node: StartNode, join: Join, unpacked: Callable[[str], Path]
) -> None:
    switch = await start_switch()
    joined = await join(await start_node(), switch.name)
    wanted = events_of(scenario)
    cores = {identify(term).core_uuid for term in wanted}
    await switch.tell(f"play {unpacked(scenario)}", "played")
    await joined.sink.until(lambda: len(of(joined, cores)) >= len(wanted))
    assert of(joined, cores) == wanted


def of(joined: Joined, cores: set[str]) -> list[bytes]:
    """Return the events of these cores: those of the played capture."""
    return [term for _, term in joined.sink.taken if (header(term, b"Core-UUID") or b"").decode() in cores]


async def test_link_cut_and_back(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch()
    joined = await join(await start_node(), switch.name)
    await switch.tell(f"event CHANNEL_CREATE - {LEG} variable_session_id=1", "fired")
    await switch.tell(f"event CHANNEL_CREATE - {OTHER} variable_session_id=2", "fired")
    await joined.sink.until(lambda: len(joined.session.legs) == 2)
    await switch.tell("cut", "down")
    down = await joined.sink.wait_own("harmony::link_down")
    await switch.tell(f"channel remove {LEG}", "channels")
    up = await joined.sink.wait_own("harmony::link_up", 2)
    since, until = (int(header(up, name) or 0) for name in (b"Harmony-Since", b"Harmony-Until"))
    assert int(header(down, b"Harmony-Since") or 0) == since < until
    assert header(up, b"Harmony-Old-Core-UUID") is None
    found = await joined.sink.wait_own("harmony::reconciled", 2)
    assert header(found, b"Harmony-Gone") == b"1"
    assert [identify(term).leg for term in joined.sink.own("harmony::channel_gone")] == [LEG]
    assert [identify(term).leg for term in joined.sink.own("harmony::channel_alive")] == [OTHER]
    assert joined.session.legs.alive() == {OTHER}


async def test_switch_died_and_came_back_as_another_core(
    start_switch: StartSwitch, start_node: StartNode, join: Join
) -> None:
    switch = await start_switch()
    joined = await join(await start_node(), switch.name)
    await switch.tell(f"event CHANNEL_CREATE - {LEG}", "fired")
    await joined.sink.until(lambda: len(joined.session.legs) == 1)
    await switch.die()
    await joined.sink.wait_own("harmony::link_down")
    again = await start_switch(switch.name)
    up = await joined.sink.wait_own("harmony::link_up", 2)
    assert header(up, b"Harmony-Core-UUID") == again.core.encode()
    assert header(up, b"Harmony-Old-Core-UUID") == switch.core.encode()
    gone = await joined.sink.wait_own("harmony::channel_gone")
    assert identify(gone).leg == LEG


async def test_overflow_is_told(
    start_switch: StartSwitch, start_node: StartNode, join: Join, unpacked: Callable[[str], Path]
) -> None:
    """A queue of 500 that is not emptied for a while loses events; the TRAP says how many."""
    switch = await start_switch("freeswitch@127.0.0.1", "--queue", "500")
    joined = await join(await start_node(), switch.name)
    await switch.tell("stall on", "stalled")
    await switch.tell(f"flood {unpacked('01-answered-caller-hangs-up')} 2000 1000000", "flooding")
    await asyncio.wait_for(_lost(switch), 10)
    await switch.tell("stall off", "flooded")
    await switch.tell("event HEARTBEAT - - Session-Count=0", "fired")
    overflow = await joined.sink.wait_own("harmony::overflow")
    missing = int(header(overflow, b"Harmony-Missing") or 0)
    assert missing == 1500
    assert joined.session.stats().missing == missing
    await joined.sink.wait_own("harmony::reconciled", 2)


async def _lost(switch: CNode) -> None:
    while " lost=1500" not in await switch.tell("stats", "stats"):
        pass


async def test_two_switches_and_one_that_is_stuck(
    start_switch: StartSwitch, start_node: StartNode, join: Join, unpacked: Callable[[str], Path]
) -> None:
    """A stuck switch is given up by our own ticks; the other goes on undisturbed."""
    node = await start_node(ticktime=4)
    one, two = await start_switch("fs-one@127.0.0.1"), await start_switch("fs-two@127.0.0.1")
    first, second = await join(node, one.name), await join(node, two.name)
    await one.tell("stall on", "stalled")
    await two.tell(f"flood {unpacked('01-answered-caller-hangs-up')} 4000 500", "flooding")
    down = await first.sink.wait_own("harmony::link_down")
    assert b"fs-one" in (header(down, b"Harmony-Switch") or b"")
    await one.tell("stall off", "up ")
    await first.sink.wait_own("harmony::link_up", 2)
    await two.heard("flooded")
    await second.sink.until(lambda: len(second.sink.events()) == 4000)
    assert second.sink.own("harmony::link_down") == []
    sequences = [identify(term).sequence for term in second.sink.events()]
    assert sequences == sorted(sequences)


async def test_ghosts_and_unseen_channels(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch()
    await switch.tell(f"channel ghost {LEG}", "channels")
    await switch.tell(f"channel add {OTHER}", "channels")
    joined = await join(await start_node(), switch.name)
    alive = joined.sink.own("harmony::channel_alive")
    assert [identify(term).leg for term in alive] == [OTHER]
    assert header(alive[0], b"Caller-Destination-Number") == b"1002"
    found = joined.sink.own("harmony::reconciled")[0]
    names = (b"Harmony-Channels", b"Harmony-Unseen", b"Harmony-Gone", b"Harmony-Ghosts", b"Harmony-Certain")
    assert [header(found, name) for name in names] == [b"1", b"1", b"0", b"1", b"true"]


async def test_missing_sessions_are_a_gap(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch()
    joined = await join(await start_node(), switch.name)
    for session, leg in ((1, LEG), (3, OTHER)):
        await switch.tell(f"event CHANNEL_CREATE - {leg} variable_session_id={session}", "fired")
    await switch.tell("event HEARTBEAT - - Session-Count=2 Session-Since-Startup=3", "fired")
    await switch.tell("event HEARTBEAT - - Session-Count=2 Session-Since-Startup=3", "fired")
    gap = await joined.sink.wait_own("harmony::gap")
    assert header(gap, b"Harmony-Evidence") == b"session-id"
    assert (header(gap, b"Harmony-Missing"), header(gap, b"Harmony-Sessions")) == (b"1", b"2")
    await joined.sink.wait_own("harmony::reconciled", 2)


async def test_settings_that_are_wrong_are_told(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch("freeswitch@127.0.0.1", "--bulk", "1", "--no-transfer-events", "--encoding", "binary")
    joined = await join(await start_node(), switch.name, encoding="string")
    faults = joined.session.stats().faults
    assert joined.session.stats().encoding == "binary"
    assert len(faults) == 3
    for words in ("max-event-bulk is 1", "external, internal", "speaks binary"):
        assert any(words in fault for fault in faults), faults
    assert all(fault.startswith(switch.name) and fault.endswith(".") for fault in faults)


async def test_stopping_is_told(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch()
    joined = await join(await start_node(), switch.name)
    await joined.stop()
    await switch.heard("down")
    assert b"stopped" in (header(joined.sink.own("harmony::link_down")[0], b"Harmony-Reason") or b"")
    assert joined.session.stats().state == "down"


async def test_a_switch_that_is_not_there(start_node: StartNode, join: Join) -> None:
    joined = await join(await start_node(), "nobody@127.0.0.1", wait=False)
    await eventually(lambda: bool(joined.session.trouble))
    assert "nobody" in joined.session.trouble
    assert joined.sink.taken == []


async def test_pressure_stops_reading_and_loses_nothing(
    start_switch: StartSwitch, start_node: StartNode, join: Join, unpacked: Callable[[str], Path]
) -> None:
    """While the queue behind us is full the socket is left alone; what waits is read afterwards."""
    full = False
    switch = await start_switch()
    joined = await join(await start_node(), switch.name, pressure=lambda: full)
    full = True
    await switch.tell(f"flood {unpacked('01-answered-caller-hangs-up')} 20000", "flooding")
    await joined.sink.until(lambda: joined.session.stats().pauses > 0)
    full = False
    await joined.sink.until(lambda: len(joined.sink.events()) == 20000)
    sequences = [identify(term).sequence for term in joined.sink.events()]
    assert sequences == sorted(sequences)


async def test_strange_answers_do_not_cost_the_events(
    start_switch: StartSwitch, start_node: StartNode, join: Join
) -> None:
    """No core_uuid, no list of channels: the events are taken all the same, and the list is asked for again."""
    switch = await start_switch()
    await switch.tell("answer global_getvar core_uuid=-ERR no such variable", "answers")
    await switch.tell("answer show=what do you mean", "answers")
    joined = await join(await start_node(), switch.name, patience=0.2)
    assert joined.sink.own("harmony::reconciled") == []
    await switch.tell(f"event CHANNEL_CREATE - {LEG}", "fired")
    await joined.sink.until(lambda: len(joined.session.legs) == 1)
    assert joined.session.core_uuid == switch.core
    await switch.tell('answer show={"row_count":0}', "answers")
    await joined.sink.wait_own("harmony::reconciled")
    assert joined.session.stats().links == 1


async def test_a_link_that_is_lost_while_joining(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch()
    await switch.tell("stall on", "stalled")
    joined = await join(await start_node(), switch.name, wait=False)
    await eventually(lambda: joined.session.state == "joining")
    await switch.tell("cut")
    await switch.tell("stall off", "stalled")
    await asyncio.wait_for(joined.session.joined.wait(), 20)
    assert joined.session.stats().links == 1
    assert joined.sink.own("harmony::link_down") == []


async def test_a_lost_subscription_is_noticed(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    """The link ticks and answers, but no event comes any more: join again."""
    switch = await start_switch()
    joined = await join(await start_node(), switch.name, quiet=0.2, patience=0.3)
    await joined.listening.ask(Atom("noevents"))
    down = await joined.sink.wait_own("harmony::link_down")
    assert b"subscription is gone" in (header(down, b"Harmony-Reason") or b"")
    await joined.sink.wait_own("harmony::link_up", 2)


async def test_a_quiet_switch_is_only_asked(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch()
    joined = await join(await start_node(), switch.name, quiet=0.05)
    await eventually(lambda: sum("{api, echo" in line for line in switch.sent()) >= 4)
    assert joined.session.stats().links == 1


async def test_stopping_at_the_very_moment_of_an_answer(start_switch: StartSwitch, start_node: StartNode) -> None:
    """Python 3.11's `wait_for` swallows a cancellation that comes together with what is waited for."""
    switch = await start_switch()
    seen: list[bytes] = []

    def sink(_: str, term: bytes) -> None:
        if header(term, b"API-Command") == b"echo" and not seen:
            seen.append(term)
            task.cancel()

    task = asyncio.create_task(Supervisor(SwitchSession(await start_node(), switch.name, sink)).run())
    await asyncio.wait((task,), timeout=10)
    assert seen
    assert task.cancelled()
