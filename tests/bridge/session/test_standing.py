"""A switch that read its gateways and queues before Harmony was there is brought up to date. On real libei."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import msgspec
import pytest

from core.registry import Registry
from core.registry.snapshot import EMPTY
from tests.core.registry.examples import example
from tests.fix_switch import CNode, Joined, StartNode, StartSwitch, eventually

pytestmark = pytest.mark.erlang
Join = Callable[..., Awaitable[Joined]]
SOFIA = (
    '<configuration name="sofia.conf"><profiles><profile name="external"><domains><domain name="all" parse="true"/>'
    '</domains><settings><param name="fire-transfer-events" value="true"/></settings></profile></profiles>'
    "</configuration>"
)


async def prepared(switch: CNode) -> None:
    """A switch with mod_callcenter, and a profile that takes gateways from the directory."""
    for command, text in (
        ("xml_locate configuration configuration name sofia.conf", SOFIA),
        ("sofia", r"+OK\n"),
        ("callcenter_config", r"+OK\n"),
    ):
        await switch.tell(f"answer {command}={text}", "answers")


def told(switch: CNode, text: str) -> int:
    return sum(text in line for line in switch.sent())


async def test_settings_are_looked_at_before_fetches_are_ours(
    start_switch: StartSwitch, start_node: StartNode, join: Join
) -> None:
    """FreeSWITCH looks them up in the thread that would have to take our answer, and waits for it five seconds."""
    switch = await start_switch()
    await join(await start_node(), switch.name, registry=example)
    await switch.heard("bound configuration")
    sent = switch.sent()
    looked = [place for place, line in enumerate(sent) if "xml_locate" in line]
    bound = [place for place, line in enumerate(sent) if line.startswith("{bind")]
    assert looked
    assert bound
    assert max(looked) < min(bound)


async def test_what_a_switch_has_not_it_is_told_at_each_connect_and_change(
    start_switch: StartSwitch, start_node: StartNode, join: Join
) -> None:
    switch = await start_switch()
    await prepared(switch)
    current: list[Registry] = [example()]
    await join(await start_node(), switch.name, registry=lambda: current[0])
    await eventually(lambda: told(switch, '{bgapi, callcenter_config, "queue load support@beta.example"}') == 1)
    assert told(switch, '{bgapi, sofia, "profile external rescan"}') == 1
    assert told(switch, '{api, callcenter_config, "agent set status 1003@alpha.example Available"}') == 1
    for line in switch.sent():
        if line.startswith("{api, "):
            assert "rescan" not in line
            assert "load" not in line, "what fetches must not run on the link itself"

    trunk, *others = example().shared_trunks
    current[0] = Registry(example().companies, [msgspec.structs.replace(trunk, name="another"), *others])
    await eventually(lambda: told(switch, '{bgapi, sofia, "profile external rescan"}') == 2)


async def test_a_switch_without_queues_and_a_registry_that_knows_nothing(
    start_switch: StartSwitch, start_node: StartNode, join: Join, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing is told to who cannot do it, and nothing is taken away because the registry is not read yet."""
    switch = await start_switch()
    current: list[Registry] = [EMPTY]
    await join(await start_node(), switch.name, registry=lambda: current[0])
    assert told(switch, "callcenter_config") == 0
    assert told(switch, "{bind") == 0
    current[0] = example()
    await switch.heard("bound configuration")
    await eventually(lambda: told(switch, '{api, callcenter_config, "tier list"}') == 1)
    assert told(switch, "agent add") == 0
    assert "callcenter_config" not in caplog.text
