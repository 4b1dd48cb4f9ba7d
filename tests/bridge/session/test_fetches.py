"""A switch fetches over its link and is answered from the registry. The C node on real libei."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.fetch.request import request
from bridge.session.values import FetchStats
from bridge.term import decode
from core.capture import read_capture
from core.registry.entries import a1
from core.registry.snapshot import Registry
from tests.core.registry.examples import example
from tests.fix_switch import CAPTURES, Joined, StartNode, StartSwitch, eventually

pytestmark = pytest.mark.erlang
Join = Callable[..., Awaitable[Joined]]
NOBODY = Registry.of([])


@pytest.mark.parametrize("encoding", ["string", "binary"])
async def test_a_user_of_the_registry_is_found(
    encoding: str, start_switch: StartSwitch, start_node: StartNode, join: Join
) -> None:
    switch = await start_switch("freeswitch@127.0.0.1", "--encoding", encoding)
    joined = await join(await start_node(), switch.name, registry=example)
    assert await switch.heard("bound directory")
    assert await switch.heard("bound dialplan")
    assert await switch.heard("bound configuration")
    said = (await switch.tell("fetch directory domain name alpha.example", "fetched")).split(" ", 2)[2]
    (user,) = ET.fromstring(said).iter("user")
    assert user.get("id") == "1001"
    assert f'value="{a1("1001", "alpha.example", "secret-alpha-1001")}"' in said
    said = await switch.tell("fetch directory domain name nowhere.example", "fetched")
    assert 'status="not found"' in said
    stats = joined.session.stats().fetches
    assert stats is not None
    assert (stats.answered, stats.not_found) == (2, 1)


def recorded() -> list[bytes]:
    """The fetches of the recording in which an Erlang node answered for everything (gamma.example)."""
    records = read_capture(CAPTURES / "56-xml-fetch" / "events.etf.gz")
    return [record.term for record in records if request(decode(record.term)) is not None]


async def test_the_recorded_fetches_are_answered(
    start_switch: StartSwitch, start_node: StartNode, join: Join, tmp_path: Path
) -> None:
    """What a switch asked for two phones to register and call: found, and what was not ours then is not now."""
    switch = await start_switch()
    joined = await join(await start_node(), switch.name, registry=example)
    answers = []
    for number, term in enumerate(recorded()):
        asked = request(decode(term))
        assert asked is not None
        file = tmp_path / f"fetch-{number}"
        file.write_bytes(term)
        said = (await switch.tell(f"fetch-recorded {file}", "fetched")).split(" ", 2)[2]
        section = ET.fromstring(said).find("section")
        assert section is not None
        answers.append((asked.section, asked.get("user") or asked.value, section))
    found = [(kind, what) for kind, what, section in answers if section.get("name") == kind]
    assert found == [
        ("directory", "1002"),
        ("directory", "1001"),
        ("directory", "1001"),
        ("dialplan", "undefined"),
        ("directory", "1002"),
        ("directory", "1003"),
    ]
    for kind, what, section in answers[:6]:
        if kind == "directory":
            (user,) = section.iter("user")
            assert user.get("id") == what
            assert {"a1-hash"} <= {str(one.get("name")) for one in user.iter("param")}
        elif kind == "dialplan":
            (context,) = section.iter("context")
            assert context.get("name") == "gamma.example"
            actions = [(one.get("application"), one.get("data")) for one in section.iter("action")]
            assert ("bridge", "user/1002@gamma.example") in actions
    stats = joined.session.stats().fetches
    assert stats is not None
    assert (stats.answered, stats.not_found) == (len(answers), len(answers) - len(found))
    assert stats.slowest < 1


async def test_while_nothing_is_known_the_switch_keeps_its_own_files(
    start_switch: StartSwitch, start_node: StartNode, join: Join, tmp_path: Path
) -> None:
    switch = await start_switch()
    await join(await start_node(), switch.name, registry=lambda: NOBODY)
    file = tmp_path / "fetch"
    file.write_bytes(recorded()[0])
    assert 'status="not found"' in await switch.tell(f"fetch-recorded {file}", "fetched")


async def test_two_listeners_are_asked_and_the_doubled_message_is_understood(
    start_switch: StartSwitch, start_node: StartNode, join: Join
) -> None:
    """With two bindings the second message carries its parameters twice."""
    switch = await start_switch()
    one = await join(await start_node("one@127.0.0.1"), switch.name, registry=example)
    two = await join(await start_node("two@127.0.0.1"), switch.name, registry=example)
    for _ in range(2):
        await switch.heard("bound configuration")
    said = await switch.tell("fetch directory domain name alpha.example", "fetched")
    assert "a1-hash" in said
    sessions = (one.session, two.session)
    await eventually(lambda: all((s.stats().fetches or FetchStats()).answered == 1 for s in sessions))
    assert all((s.stats().fetches or FetchStats()).not_found == 0 for s in sessions)


async def test_a_link_that_came_back_is_bound_again(
    start_switch: StartSwitch, start_node: StartNode, join: Join
) -> None:
    switch = await start_switch()
    await join(await start_node(), switch.name, registry=example)
    await switch.heard("bound configuration")
    await switch.tell("cut", "cut")
    await switch.heard("bound configuration")
    assert "a1-hash" in await switch.tell("fetch directory domain name alpha.example", "fetched")
