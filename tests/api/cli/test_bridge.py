"""`harmony bridge` and `harmony doctor` against a switch: the C node on real libei."""

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.api.cli.test_pipeline import check
from tests.api.conftest import Site, until
from tests.fix_switch import COOKIE, StartSwitch

pytestmark = pytest.mark.erlang
SWITCH = "freeswitch@127.0.0.1"


@pytest.fixture
def joining(site: Site, epmd_port: int) -> Site:
    """A site whose settings name the C node."""
    site.env |= {
        "ERL_EPMD_PORT": str(epmd_port),
        "HARMONY_COOKIE": COOKIE,
        "HARMONY_NODE": "harmony@127.0.0.1",
        "HARMONY_SWITCHES": SWITCH,
    }
    return site


async def test_what_a_switch_plays_becomes_calls_and_status_tells_the_link(
    joining: Site, start_switch: StartSwitch, unpacked: Callable[[str], Path]
) -> None:
    switch = await start_switch(SWITCH)
    bridge = joining.start("bridge")
    await switch.heard("subscribed ")

    def status() -> dict[str, Any]:
        return dict(joining.run("status", "--json").json)

    def link_is(state: str) -> bool:
        return [s["link"] for s in status()["switches"]] == [state]

    await asyncio.to_thread(until, lambda: link_is("up"), "the link is up")
    await switch.tell(f"play {unpacked('13-attended-transfer-by-callee')} 0", "played")
    await asyncio.to_thread(until, lambda: status()["head"] >= 196, "all is stored")
    await asyncio.to_thread(joining.ok, "project", "--once")
    export = await asyncio.to_thread(joining.ok, "calls", "export")
    assert check("13", export.raw).endswith(": OK\n")
    await switch.die()
    await asyncio.to_thread(until, lambda: "link.down" in status()["degraded"], "the loss is told")
    assert (await asyncio.to_thread(joining.run, "status")).code == 3
    assert await asyncio.to_thread(bridge.stop, signal.SIGTERM) == 0
    assert "link.down" not in status()["degraded"], "a bridge that was stopped on purpose is no loss"


async def test_doctor_joins_the_switch_and_says_what_is_wrong(joining: Site, start_switch: StartSwitch) -> None:
    await start_switch(SWITCH, "--bulk", "1")
    done = await asyncio.to_thread(joining.run, "doctor", "--json")
    says = [c["says"] for c in done.json["checks"] if c["check"] == "switch"]
    assert says[0] == f"{SWITCH} can be joined; name, cookie and network are right."
    assert says[1] == f"{SWITCH} runs FreeSWITCH 1.11.3-dev."
    assert any("max-event-bulk" in s for s in says[2:])
    assert done.code == 3
    wrong = await asyncio.to_thread(joining.run, "doctor", env={"HARMONY_COOKIE": "another"})
    assert wrong.code == 1
    assert "Give both nodes the same cookie" in wrong.out
    nobody = await asyncio.to_thread(joining.run, "doctor", env={"HARMONY_SWITCHES": "nobody@127.0.0.1"})
    assert "knows no node named nobody" in nobody.out


async def test_a_switch_before_1_11_1_is_told_with_what_follows(joining: Site, start_switch: StartSwitch) -> None:
    switch = await start_switch(SWITCH, "--old")
    done = await asyncio.to_thread(joining.run, "doctor", "--json")
    says = [(c["result"], c["says"]) for c in done.json["checks"] if c["check"] == "switch"]
    assert says[1] == ("ok", f"{SWITCH} runs FreeSWITCH 1.10.12.")
    assert says[2][0] == "ok"
    assert "before 1.11.1 mod_erlang_event closes a link at its first events" in says[2][1]
    bridge = joining.start("bridge")

    def status() -> dict[str, Any]:
        return dict(joining.run("status", "--json").json)

    await asyncio.to_thread(until, lambda: [s["link"] for s in status()["switches"]] == ["up"], "the link is up")
    (shown,) = status()["switches"]
    assert (shown["version"], shown["supplied"]) == ("1.10.12", True)
    said = (await asyncio.to_thread(joining.run, "status")).out
    assert f"{SWITCH}: it runs FreeSWITCH 1.10.12, and before 1.11.1" in said
    assert switch.name == SWITCH
    assert await asyncio.to_thread(bridge.stop, signal.SIGTERM) == 0


def test_a_bridge_without_a_switch_says_what_to_do(site: Site) -> None:
    done = site.run("bridge")
    assert done.code == 2
    assert "HARMONY_SWITCHES" in done.err
