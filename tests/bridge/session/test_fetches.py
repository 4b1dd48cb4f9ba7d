"""A switch fetches over its link and is answered from the registry. The C node on real libei."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Awaitable, Callable

import pytest

from core.registry.entries import a1
from tests.core.registry.examples import example
from tests.fix_switch import Joined, StartNode, StartSwitch

pytestmark = pytest.mark.erlang
Join = Callable[..., Awaitable[Joined]]


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
