"""A switch before 1.11.1, whose listener ends when it runs dry: supplied, its link lives; without it, not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

import bridge.session.session
import bridge.session.supply
from bridge.session.supply import LEAST
from core.event import identify
from core.headers import header
from tests.fix_switch import Joined, StartNode, StartSwitch, eventually

pytestmark = pytest.mark.erlang

Join = Callable[..., Awaitable[Joined]]
NAME = "freeswitch@127.0.0.1"
LEG = "11111111-1111-4111-8111-111111111111"


@pytest.fixture
def unsupplied(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if every switch were cured."""
    monkeypatch.setattr(bridge.session.session, "runs_dry", lambda version: False)


async def test_a_link_that_is_not_supplied_falls_and_the_next_one_stands(
    unsupplied: None, start_switch: StartSwitch, start_node: StartNode, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    """A build that says it is newer and is not: the fall teaches it."""
    switch = await start_switch(NAME, "--old")
    joined = await join(await start_node(), switch.name)
    assert "after its first events, as mod_erlang_event does in FreeSWITCH before 1.11.1" in caplog.text
    stats = joined.session.stats()
    assert stats.supplied
    assert (stats.state, stats.trouble) == ("up", "")


async def test_it_lives_through_calls_and_says_what_it_is(
    start_switch: StartSwitch, start_node: StartNode, join: Join
) -> None:
    switch = await start_switch(NAME, "--old")
    joined = await join(await start_node(), switch.name)
    stats = joined.session.stats()
    assert (stats.version, stats.supplied, stats.links) == ("1.10.12", True, 1)
    for _ in range(20):  # each at a time at which nothing else is on its way
        await switch.tell(f"event CHANNEL_CREATE - {LEG}", "fired")
        await joined.sink.until(lambda: len(joined.session.legs) == 1)
        await switch.tell(f"event CHANNEL_DESTROY - {LEG}", "fired")
        await joined.sink.until(lambda: len(joined.session.legs) == 0)
    assert await joined.commands.api("echo", "quick") == "quick"
    assert joined.session.stats().links == 1


async def test_a_flood_and_our_own_stall_cost_nothing(
    start_switch: StartSwitch, start_node: StartNode, join: Join, unpacked: Callable[[str], Path]
) -> None:
    switch = await start_switch(NAME, "--old")
    joined = await join(await start_node(), switch.name)
    await switch.tell(f"flood {unpacked('01-answered-caller-hangs-up')} 6000 3000", "flooding")
    await joined.sink.until(lambda: len(joined.sink.events()) > 500)
    _stall(1.0)
    await joined.sink.until(lambda: len(joined.sink.events()) == 6000)
    sequences = [identify(term).sequence for term in joined.sink.events()]
    assert sequences == sorted(sequences)
    assert joined.session.stats().links == 1


def _stall(seconds: float) -> None:
    """The event loop stands still, as when a machine has no time for us."""
    time.sleep(seconds)


async def test_while_nothing_is_read_it_is_supplied_blindly(
    start_switch: StartSwitch,
    start_node: StartNode,
    join: Join,
    unpacked: Callable[[str], Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The pause is longer than what waits lasts (a second, here), and the switch goes on sending all the while."""
    monkeypatch.setattr(bridge.session.supply, "LEAST", 100)
    full = False
    switch = await start_switch(NAME, "--old")
    joined = await join(await start_node(), switch.name, pressure=lambda: full)
    full = True
    capture = unpacked("01-answered-caller-hangs-up")
    await switch.tell(f"flood {capture} 300 600", "flooded")
    assert joined.session.stats().pauses == 1
    await switch.tell(f"flood {capture} 100 25", "flooded")
    full = False
    await joined.sink.until(lambda: len(joined.sink.events()) == 400)
    assert joined.session.stats().links == 1
    assert joined.sink.own("harmony::link_down") == []


async def test_what_waits_is_made_up_for(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    """More is read than what waited at first: answers call for more."""
    switch = await start_switch(NAME, "--old")
    await switch.tell("eager on", "eager")
    joined = await join(await start_node(), switch.name)
    await eventually(lambda: sum(text == "getpid" for text in switch.sent()) > 3 * LEAST // 100)
    assert joined.session.stats().links == 1


async def test_either_link_ends_with_the_other(start_switch: StartSwitch, start_node: StartNode, join: Join) -> None:
    switch = await start_switch(NAME)
    node = await start_node()
    joined = await join(node, switch.name)
    other = node.beside("commands").link_to(switch.name)
    assert other is not None
    assert not joined.session.stats().supplied
    other.close("the test ends it")
    down = await joined.sink.wait_own("harmony::link_down")
    assert b"second link, for commands, was lost: the test ends it" in (header(down, b"Harmony-Reason") or b"")
    await joined.sink.wait_own("harmony::link_up", 2)
    link, again = node.link_to(switch.name), node.beside("commands").link_to(switch.name)
    assert link is not None
    assert again is not None
    link.close("the test ends it, too")
    await asyncio.wait_for(again.closed.wait(), 20)
