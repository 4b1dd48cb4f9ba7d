"""A registry that comes into being while Harmony runs: people log in and a switch is answered, without a restart."""

import asyncio

import httpx
import pytest

from tests.api.conftest import PATIENCE, Server, Site, until
from tests.core.registry.examples import EXAMPLE
from tests.fix_switch import COOKIE, StartSwitch

pytestmark = pytest.mark.erlang
SWITCH = "freeswitch@127.0.0.1"
ALICE = {"user": "1001@alpha.example", "password": "login-alpha-1001"}


async def test_import_beside_a_running_harmony_is_taken_over(
    server: Server, site: Site, start_switch: StartSwitch, epmd_port: int
) -> None:
    site.env |= {"ERL_EPMD_PORT": str(epmd_port), "HARMONY_COOKIE": COOKIE, "HARMONY_SWITCHES": SWITCH}
    switch = await start_switch(SWITCH)
    bridge = site.start("bridge")
    with httpx.Client(base_url=server.address, timeout=PATIENCE) as anybody:

        def login() -> int:
            return anybody.post("/v1/login", json=ALICE).status_code

        assert await asyncio.to_thread(login) == 403
        await asyncio.to_thread(bridge.says, f"The link to {SWITCH} is up")
        await asyncio.to_thread(bridge.says, "There is no registry")
        assert not [line for line in switch.sent() if line.startswith("{bind")], "each fetch would cost it a way to us"

        said = (await asyncio.to_thread(site.ok, "registry", "import", EXAMPLE)).out
        assert "without a restart" in said
        await asyncio.to_thread(until, lambda: login() == 200, "a login works")
        await switch.heard("bound configuration")
        answer = await switch.tell("fetch directory domain name alpha.example", "fetched")
        assert '<user id="1001"' in answer
    assert await asyncio.to_thread(bridge.stop) == 0
