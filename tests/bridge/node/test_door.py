"""Who may join the cluster: strangers of every kind, real Erlang nodes among them, stay outside and are counted."""

from __future__ import annotations

import asyncio

import pytest

from bridge.dist import control as controls
from bridge.errors import NoCookie, PeerRefused, PeerSilent, WrongCookie
from bridge.node import Node, dialling
from bridge.node.door import Turned
from bridge.term import Atom, Pid, Term, encode
from tests.fix_erlang import COOKIE, Beam, StartBeam, StartOurs, until

pytestmark = pytest.mark.erlang

SWITCH, OTHER = "freeswitch@127.0.0.1", "freeswitch2@127.0.0.1"


@pytest.fixture
async def guarded(start_ours: StartOurs) -> Node:
    """As the bridge runs with a cookie for each switch and no common one."""
    cookies = {SWITCH: COOKIE, OTHER: "", "ops@127.0.0.1": COOKIE}
    return await start_ours("guarded@127.0.0.1", "", cookies=cookies, admit=cookies)


def knock(beam: Beam, node: Node) -> str:
    return f"net_kernel:connect_node('{node.name}')"


@pytest.mark.parametrize("release", ["25", "28"])
async def test_a_stranger_with_an_empty_cookie(release: str, guarded: Node, start_beam: StartBeam) -> None:
    """The name is one of a switch that has no cookie: there is none that would prove anything."""
    stranger = start_beam(release, OTHER, more=("-hidden",))
    assert await stranger.eval(f"erlang:set_cookie('{guarded.name}', ''), {knock(stranger, guarded)}") == "false"
    assert guarded.links == {}
    assert guarded.door.turned() == Turned(refused=1)


@pytest.mark.parametrize("release", ["25", "28"])
async def test_a_stranger_with_a_wrong_cookie(release: str, guarded: Node, start_beam: StartBeam) -> None:
    stranger = start_beam(release, SWITCH, cookie="guessed")
    assert await stranger.eval(knock(stranger, guarded)) == "false"
    await until(lambda: guarded.door.turned() == Turned(refused=1, wrong_cookies=1))
    assert guarded.links == {}


@pytest.mark.parametrize("release", ["25", "28"])
async def test_an_unknown_name_with_the_right_cookie(
    release: str, guarded: Node, start_beam: StartBeam, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = start_beam(release, "nosy@127.0.0.1")
    assert await stranger.eval(knock(stranger, guarded)) == "false"
    assert guarded.door.turned() == Turned(refused=1)
    assert "nobody named 'nosy@127.0.0.1' may join: name it in switches or peers" in caplog.text


@pytest.mark.parametrize("release", ["25", "28"])
async def test_a_peer_that_is_named_joins(release: str, guarded: Node, start_beam: StartBeam) -> None:
    operator = start_beam(release, "ops@127.0.0.1")
    assert await operator.eval(f"net_adm:ping('{guarded.name}')") == "pong"
    assert guarded.door.turned() == Turned()


async def test_we_do_not_go_out_without_a_cookie_either(guarded: Node) -> None:
    """Whoever answers at the address would be believed."""
    with pytest.raises(NoCookie, match="There is no cookie for freeswitch2@"):
        await guarded.connect(OTHER)
    with pytest.raises(NoCookie):
        await guarded.connect("another@127.0.0.1")


async def test_many_strangers_do_not_fill_the_log(start_ours: StartOurs, caplog: pytest.LogCaptureFixture) -> None:
    node = await start_ours(admit=["ops@127.0.0.1"])
    stranger, guesser = await start_ours(), await start_ours("ops@127.0.0.1", "guessed")
    for _ in range(40):
        with pytest.raises(PeerRefused):
            await stranger.connect(node.name)
        with pytest.raises(WrongCookie):
            await guesser.connect(node.name)
    await until(lambda: node.door.turned() == Turned(refused=80, wrong_cookies=40))
    assert 2 <= len([record for record in caplog.records if record.levelname == "WARNING"]) <= 2 * 10


async def test_nobody_outside_this_host_reaches_a_node_that_was_not_told_so() -> None:
    node = Node("harmony@pbx-ops.example.com", COOKIE)
    assert node.address == "127.0.0.1"


async def test_who_says_our_switch_s_name_and_no_more_does_not_keep_us_from_it(
    start_ours: StartOurs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name is said before anything is proven: our own connection must not wait for it again and again."""
    monkeypatch.setattr(dialling, "SETUP_SECONDS", 0.3)
    switch, node = await start_ours("zzz-switch@127.0.0.1"), await start_ours("aaa@127.0.0.1")
    assert node._listing is not None
    reader, writer = await asyncio.open_connection("127.0.0.1", node._listing._node.port)
    name = b"N" + bytes.fromhex("0000000d07df7fbd") + bytes(4) + len(switch.name).to_bytes(2, "big")
    name += switch.name.encode()
    writer.write(len(name).to_bytes(2, "big") + name)
    await reader.readexactly(5)  # sok, and the challenge that stays unanswered
    with pytest.raises(PeerSilent):
        await node.connect(switch.name)
    assert (await node.connect(switch.name)).up
    writer.close()


class Spy:
    """Two peers of one node: what each could do in the other's name."""

    def __init__(self, node: Node, honest: Node, other: Node) -> None:
        self.node, self.honest, self.other = node, honest, other


@pytest.fixture
async def spy(start_ours: StartOurs) -> Spy:
    node, honest, other = await start_ours(), await start_ours(), await start_ours()
    await honest.connect(node.name)
    await other.connect(node.name)
    await until(lambda: len(node.links) == 2)
    return Spy(node, honest, other)


async def test_a_process_that_listens_to_one_peer(spy: Spy) -> None:
    process = spy.node.mailbox("ear", of=spy.honest.name)
    for to in (process.pid, ("ear", str(spy.node.name))):
        spy.other.send(to, Atom("forged"), spy.other.pid)
        spy.honest.send(to, Atom("true"), spy.honest.pid)
    await until(lambda: spy.node.door.forged_of(spy.honest.name) == 2)
    assert [await process.receive(), await process.receive()] == ["true", "true"]
    spy.other.signal(spy.node.name, controls.Exit2(spy.other.pid, process.pid, Atom("kill")))
    spy.other.signal(spy.node.name, controls.Link(spy.other.pid, process.pid))
    await until(lambda: spy.node.door.forged_of(spy.honest.name) == 4)
    assert (process.closed, process.links) == (False, {})
    assert spy.node.door.turned() == Turned(forged=4)


async def test_signals_of_another_node_s_processes(spy: Spy) -> None:
    process, remote = spy.node.mailbox(), spy.honest.mailbox("remote")
    process.link(remote.pid)
    ref = process.monitor(("remote", spy.honest.name))
    await until(lambda: bool(remote.watchers and remote.links))
    link = spy.other.links[spy.node.name]
    link.send(controls.Exit(remote.pid, process.pid, Atom("lie")))
    link.send(controls.MonitorPExit(Atom("remote"), process.pid, ref, Atom("lie")))
    link.send(controls.MonitorP(remote.pid, process.pid, ref))
    link.send(controls.RegSend(remote.pid, Atom("net_kernel")), encode(Atom("lie")))
    await until(lambda: spy.node.door.turned().forged == 4)
    remote.close(Atom("truth"))
    reasons = {str((await process.receive())[-1]) for _ in range(2)}  # type: ignore[index]
    assert reasons == {"truth"}
    assert spy.node.links.keys() == {spy.honest.name, spy.other.name}


async def test_answers_go_to_who_asked_and_to_nobody_else(spy: Spy) -> None:
    """A switch would take an answer of ours for a command: a peer must not make us send it some."""
    spy.node.allow("m", "f", lambda: Atom("done"))
    victim = spy.honest.mailbox()
    caller: Pid = victim.pid
    call: Term = (Atom("call"), Atom("m"), Atom("f"), [], caller)
    for name, question in (("net_kernel", (Atom("is_auth"), spy.other.name)), ("rex", call)):
        spy.other.send((name, spy.node.name), (Atom("$gen_call"), (caller, Atom("bind")), question), spy.other.pid)
    leader = spy.other.pid
    spy.other.links[spy.node.name].send(
        controls.SpawnRequest(victim.node.processes.make_ref(), caller, leader, Atom("m"), Atom("f"), 0, ()), encode([])
    )
    await until(lambda: spy.node.door.turned().forged == 3)
    spy.node.send(caller, Atom("last"), spy.node.pid)
    assert await victim.receive() == "last"


async def test_no_peer_ends_what_the_others_rely_on(spy: Spy) -> None:
    kernel = spy.node.whereis("net_kernel")
    assert kernel is not None
    spy.other.signal(spy.node.name, controls.Exit2(spy.other.pid, kernel.pid, Atom("kill")))
    assert await spy.other.ping(spy.node.name)
    assert await spy.honest.ping(spy.node.name)
