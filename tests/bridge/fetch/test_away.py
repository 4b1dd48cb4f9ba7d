"""Fetches while the directory dies, hangs, comes back: every one is answered, from memory, and the state says so."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bridge.session.values import FetchStats
from core.registry.file import FileSource
from core.registry.ldap import LdapSource
from core.registry.live import LiveRegistry
from tests.bridge.session.test_fetches import recorded
from tests.core.registry.examples import EXAMPLE
from tests.fix_slapd import Slapd
from tests.fix_switch import CNode, Joined, StartNode, StartSwitch

pytestmark = pytest.mark.erlang
Join = Callable[..., Awaitable[Joined]]
SECRETS = ("secret-alpha", "secret-beta", "secret-gamma", "secret-trunk", "login-alpha", "10017")


async def looked(live: LiveRegistry, condition: Callable[[], bool]) -> None:
    """Have the registry look until something is so."""
    for _ in range(20):
        if condition():
            return
        assert await asyncio.to_thread(live.refresh, 30)
    raise AssertionError("the registry never got there")


async def fetched(switch: CNode, file: Path, count: int, rate: int) -> tuple[int, int]:
    """Have the switch fetch at a rate; return how many fetches it made and how many were not answered."""
    said = (await switch.tell(f"fetch-recorded {file} {count} {rate}", "fetches")).split()
    return int(said[1]), int(said[3])


def found(joined: Joined) -> int:
    stats = joined.session.stats().fetches or FetchStats()
    return stats.answered - stats.not_found


@pytest.fixture
def fetch(tmp_path: Path) -> Path:
    """A recorded fetch of a user of the registry."""
    file = tmp_path / "fetch"
    file.write_bytes(recorded()[0])
    return file


async def test_slapd_killed_and_started_again_under_load(
    slapd: Slapd, start_switch: StartSwitch, start_node: StartNode, join: Join, fetch: Path
) -> None:
    live = LiveRegistry(LdapSource(slapd.directory), poll=0.05)
    await asyncio.to_thread(live.start)
    try:
        switch = await start_switch()
        joined = await join(await start_node(), switch.name, registry=lambda: live.current)
        await switch.heard("bound configuration")
        for expected in (False, True, False, True):
            load = asyncio.create_task(fetched(switch, fetch, 300, 500))
            if expected:
                await asyncio.to_thread(slapd.start)
            else:
                slapd.kill()
            await looked(live, lambda: live.state.current is expected)  # noqa: B023
            assert bool(live.state.trouble) is not expected
            assert live.state.known
            assert await load == (300, 0)
        assert found(joined) == 4 * 300
    finally:
        await asyncio.to_thread(live.stop)


async def test_a_directory_that_hangs_keeps_no_fetch_waiting(
    slapd: Slapd, start_switch: StartSwitch, start_node: StartNode, join: Join, fetch: Path
) -> None:
    """slapd is stopped, not ended: its port takes what is asked, and no answer comes. Memory answers meanwhile."""
    live = LiveRegistry(LdapSource(slapd.directory), poll=0.05)
    await asyncio.to_thread(live.start)
    assert slapd.process is not None
    try:
        switch = await start_switch()
        joined = await join(await start_node(), switch.name, registry=lambda: live.current)
        await switch.heard("bound configuration")
        slapd.process.send_signal(signal.SIGSTOP)
        looking = asyncio.create_task(looked(live, lambda: not live.state.current))
        while not looking.done():
            assert await fetched(switch, fetch, 100, 500) == (100, 0)
        await looking
        assert live.state.trouble
        stats = joined.session.stats().fetches
        assert stats is not None
        assert stats.not_found == 0
        slapd.process.send_signal(signal.SIGCONT)
        await looked(live, lambda: live.state.current)
    finally:
        slapd.process.send_signal(signal.SIGCONT)
        await asyncio.to_thread(live.stop)


async def test_no_secret_of_the_registry_reaches_a_log_line_or_an_event(
    start_switch: StartSwitch,
    start_node: StartNode,
    join: Join,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Also where an entry is wrong, an answer cannot be made, or the switch refuses what it is told."""
    caplog.set_level(logging.DEBUG)
    path = tmp_path / "registry.ldif"
    text = EXAMPLE.read_text(encoding="utf-8")
    path.write_text(text.replace("harmonyRingSeconds: 4", "harmonyRingSeconds: many"), encoding="utf-8")
    live = LiveRegistry(FileSource(path), tmp_path / "data", poll=0.05)
    (tmp_path / "data").mkdir()
    live.start()
    try:
        switch = await start_switch()
        joined = await join(await start_node(), switch.name, registry=lambda: live.current)
        await switch.heard("bound configuration")
        for number, term in enumerate(recorded()):
            file = tmp_path / f"fetch-{number}"
            file.write_bytes(term)
            await switch.tell(f"fetch-recorded {file}", "fetched")
        assert live.findings
        events = b"".join(term for _, term in joined.sink.taken)
    finally:
        live.stop()
    assert caplog.text
    for secret in SECRETS:
        assert secret in text
        assert secret not in caplog.text
        assert secret.encode() not in events
        assert secret not in repr(live.state)
        assert all(secret not in repr(finding) for finding in live.findings)
