"""A bridge that is killed under traffic: status, metrics and verify name the time that nobody heard, if there is one.

The switch is the C node on real libei, which floods; the bridges are processes of their own and are killed by SIGKILL.
"""

import asyncio
import signal
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from api.metrics import Local, collect, render
from api.operations.status import look
from api.operations.verification import verify_log
from core.log import EventLog
from core.log.driver import connect
from projections.verify import Loss
from tests.api.conftest import Running, Site, until
from tests.fix_switch import COOKIE, CNode, StartSwitch

pytestmark = pytest.mark.erlang
SWITCH = "freeswitch@127.0.0.1"


@pytest.fixture
def joining(site: Site, epmd_port: int) -> Site:
    site.env |= {"ERL_EPMD_PORT": str(epmd_port), "HARMONY_COOKIE": COOKIE, "HARMONY_SWITCHES": SWITCH}
    return site


def bridge(site: Site, name: str) -> Running:
    """A bridge of its own: another name has another data directory, as it would have another host."""
    return site.start("bridge", env={"HARMONY_NODE": name, "HARMONY_DATA": str(site.data.parent / name)})


def status(site: Site) -> dict[str, Any]:
    """As `harmony status --json` says it, without a process of its own for each look."""
    assert site.dsn is not None
    with connect(site.dsn, "test") as connection:
        return look(connection).document()


def verify(site: Site) -> list[Loss]:
    assert site.dsn is not None
    return verify_log(site.dsn, lambda _: None).report.losses


def metrics(site: Site) -> dict[tuple[str, str], float]:
    """The figures of losses, by name and kind."""
    assert site.dsn is not None
    with connect(site.dsn, "test") as connection:
        text = render(collect(look(connection), Local("http")))
    return {
        (sample.name, sample.labels.get("kind", "")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if family.name.startswith("harmony_loss_")
    }


def linked(site: Site, count: int) -> bool:
    return [one["link"] for one in status(site)["switches"]] == ["up"] * count


async def flooding(site: Site, switch: CNode, capture: Path) -> None:
    """Traffic for as long as the test may take, some of which is stored."""
    before = status(site)["head"]
    await switch.tell(f"flood {capture} 100000 200")
    await asyncio.to_thread(until, lambda: status(site)["head"] > before + 200, "events are stored")


async def test_its_loss_is_named_by_status_metrics_and_verify(
    joining: Site, start_switch: StartSwitch, unpacked: Callable[[str], Path]
) -> None:
    switch = await start_switch(SWITCH)
    first = bridge(joining, "a@127.0.0.1")
    await asyncio.to_thread(until, lambda: linked(joining, 1), "the link is up")
    await flooding(joining, switch, unpacked("01-answered-caller-hangs-up"))
    assert status(joining)["losses"]["count"] == 0
    assert metrics(joining)["harmony_loss_intervals", "link"] == 0
    first.stop(signal.SIGKILL)
    await asyncio.to_thread(until, lambda: status(joining)["losses"]["count"] == 1, "the loss is told as it goes on")
    (open_,) = status(joining)["losses"]["newest"]
    assert (open_["kind"], open_["switch"], open_["until"]) == ("link", SWITCH, None)
    assert verify(joining)[0].until is None

    again = bridge(joining, "a@127.0.0.1")
    await asyncio.to_thread(until, lambda: linked(joining, 1), "the link is up again")
    await asyncio.to_thread(until, lambda: status(joining)["losses"]["newest"][0]["until"], "the loss has ended")
    (told,) = status(joining)["losses"]["newest"]
    assert (told["kind"], told["bridge"]) == ("link", "a@127.0.0.1")
    assert told["seconds"] > 0
    (loss,) = verify(joining)
    since, ended = (datetime.fromisoformat(told[name]).timestamp() for name in ("since", "until"))
    assert (loss.since, loss.until) == (round(since * 1e6), round(ended * 1e6))
    found = metrics(joining)
    assert found["harmony_loss_intervals", "link"] == 1
    assert round(found["harmony_loss_newest_start_timestamp_seconds", ""], 3) == round(since, 3)
    assert round(found["harmony_loss_newest_end_timestamp_seconds", ""], 3) == round(ended, 3)
    said = (await asyncio.to_thread(joining.run, "status")).out
    assert "no bridge was listening" in said
    assert told["since"][:23].replace("T", " ") in said
    assert "Nothing is wrong" not in said
    assert await asyncio.to_thread(again.stop) == 0


async def test_of_two_bridges_one_is_killed_and_nothing_is_lost(
    joining: Site, start_switch: StartSwitch, unpacked: Callable[[str], Path]
) -> None:
    switch = await start_switch(SWITCH)
    first, second = bridge(joining, "a@127.0.0.1"), bridge(joining, "b@127.0.0.1")
    await asyncio.to_thread(until, lambda: linked(joining, 2), "both links are up")
    await flooding(joining, switch, unpacked("01-answered-caller-hangs-up"))
    first.stop(signal.SIGKILL)
    silent = "bridge.silent"
    await asyncio.to_thread(until, lambda: silent in status(joining)["degraded"], "it is missed")
    assert status(joining)["losses"]["count"] == 0
    assert verify(joining) == []
    again = bridge(joining, "a@127.0.0.1")
    await asyncio.to_thread(until, lambda: linked(joining, 2), "both links are up again")
    await asyncio.to_thread(until, lambda: told_twice(joining), "it told of its link again")
    assert status(joining)["losses"] == {"count": 0, "newest": []}
    assert verify(joining) == []
    assert metrics(joining)["harmony_loss_intervals", "link"] == 0
    said = (await asyncio.to_thread(joining.run, "status")).out
    assert "no bridge was listening" not in said
    assert await asyncio.to_thread(again.stop) == 0
    assert await asyncio.to_thread(second.stop) == 0


def told_twice(site: Site) -> bool:
    assert site.dsn is not None
    with EventLog(site.dsn) as log:
        ups = [one for one in log.losses(100) if one.topic.endswith("link_up")]
    return sum(one.get("Harmony-Node") == "a@127.0.0.1" for one in ups) == 2
