"""`harmony emulate`: one more emulated switch, joined by its node name like any other."""

from collections.abc import Awaitable, Callable

import pytest

from core.headers import header
from tests.api.conftest import Site
from tests.core.registry.examples import EXAMPLE, example
from tests.fix_switch import COOKIE, Joined, StartNode

pytestmark = pytest.mark.erlang
SWITCH = "emulated2@127.0.0.1"


@pytest.fixture
def furnished(site: Site, epmd_port: int) -> Site:
    """A site with the example's registry."""
    site.env |= {"ERL_EPMD_PORT": str(epmd_port), "HARMONY_COOKIE": COOKIE}
    site.data.mkdir(parents=True, exist_ok=True)
    (site.data / "registry.ldif").write_bytes(EXAMPLE.read_bytes())
    return site


async def test_it_has_the_registrys_phones_and_obeys(
    furnished: Site, start_node: StartNode, join: Callable[..., Awaitable[Joined]]
) -> None:
    running = furnished.start("emulate", "--node", SWITCH, "--quiet", "--seed", "1")
    running.says("12 phones", 60)
    joined = await join(await start_node(), SWITCH, registry=example)
    commands = joined.session.commands
    await joined.sink.until(lambda: "1001@alpha.example" in registered(joined))
    said = await (await commands.bgapi("originate", "user/1001@alpha.example 1002 XML alpha.example")).result()
    assert said.startswith("+OK ")
    assert await commands.api("uuid_kill", said.split()[1]) == "+OK\n"
    assert running.stop() == 0


def registered(joined: Joined) -> set[str]:
    found = set()
    for term in joined.sink.events():
        if header(term, b"Event-Subclass") == b"sofia::register":
            found.add(b"%b@%b" % (header(term, b"from-user") or b"", header(term, b"from-host") or b""))
    return {one.decode() for one in found}


def test_without_a_cookie_it_says_so(site: Site) -> None:
    done = site.run("emulate", "--node", SWITCH)
    assert done.code == 2
    assert f"There is no cookie for {SWITCH}" in done.err
