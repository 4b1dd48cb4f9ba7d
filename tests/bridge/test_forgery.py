"""One switch of the cluster, or whoever took it over, speaks for another: nothing of it counts.

Pids are numbered through and the node's creation is told to every peer, so the pid of any process of ours can be
guessed: here all of them are tried, by a real Erlang node and by raw frames.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bridge.dist import control as controls
from bridge.node import Node
from bridge.process.service import BridgeService
from bridge.session.commands import CommandTimeout
from bridge.term import Atom, Pid, String, Term, encode
from core.headers import header
from core.log import EventLog
from core.registry.snapshot import EMPTY
from tests.fix_erlang import Beam, StartBeam
from tests.fix_switch import Joined, StartBridge, StartNode, StartSwitch, events_of

pytestmark = pytest.mark.erlang

Join = Callable[..., Awaitable[Joined]]
FORGER = "freeswitch2@127.0.0.1"
PIDS = 400


def forged() -> bytes:
    """An event as the first switch's core would send it."""
    return events_of("01-answered-caller-hangs-up")[5]


class Forger:
    """A second switch of the cluster, with a link to the node of its own."""

    def __init__(self, node: Node, peer: Node) -> None:
        self.node, self.peer = node, peer

    def tell_all(self, message: Term | bytes) -> None:
        """Send to every process that the node may have."""
        payload = message if isinstance(message, bytes) else encode(message)
        for number in range(PIDS):
            pid = Pid(self.peer.name, number, 0, self.peer.identity.creation)
            self.node.links[self.peer.name].send(controls.Send(pid), payload)


@pytest.fixture
async def joined(start_switch: StartSwitch, start_node: StartNode, join: Join) -> Joined:
    switch, node = await start_switch(), await start_node()
    one = await join(node, switch.name, registry=lambda: EMPTY, patience=1.5)
    await one.session._serve_fetches()  # bound, without anything that a switch would be told
    return one


@pytest.fixture
async def forger(joined: Joined, start_node: StartNode) -> Forger:
    node, peer = await start_node(FORGER), joined.session._node
    await node.connect(peer.name)
    return Forger(node, peer)


async def settled(forger: Forger) -> None:
    """All that was sent has been looked at."""
    assert await forger.node.ping(forger.peer.name)


async def test_events(joined: Joined, forger: Forger) -> None:
    before = joined.session.stats().events
    forger.tell_all(forged())
    await settled(forger)
    assert forged() not in joined.sink.events()
    assert joined.session.stats().events == before
    assert joined.session.stats().forged >= 1
    assert await joined.commands.api("status")


async def test_replies(joined: Joined, forger: Forger) -> None:
    """While commands wait for their answers, every process is told one."""
    silent = asyncio.create_task(joined.commands.sendevent("NO_SUCH_EVENT"))  # the module does not answer to this
    job = await joined.commands.bgapi("status")
    await joined.commands.api("status")  # the other one is out
    for _ in range(5):
        forger.tell_all(Atom("ok"))
        forger.tell_all((Atom("bgok"), String(job.uuid.encode()), String(b"+OK forged")))
    await settled(forger)
    assert "forged" not in await job.result(5)
    with pytest.raises(CommandTimeout):
        await silent
    assert joined.session.stats().forged >= 10


async def test_marks(joined: Joined, forger: Forger) -> None:
    """A mark that came back too early would end a reconciliation before the events that it waits for."""
    mark = "harmony-00000000-0000-4000-8000-000000000001"
    arrived = joined.session._intake.marks[mark] = asyncio.get_running_loop().create_future()
    pairs: list[Term] = [Atom("undefined")]
    for name, value in {"Event-Name": "API", "API-Command": "echo", "API-Command-Argument": mark}.items():
        pairs.append((String(name.encode()), String(value.encode())))
    forger.tell_all((Atom("event"), pairs))
    await settled(forger)
    assert not arrived.done()
    del joined.session._intake.marks[mark]


async def test_fetches(joined: Joined, forger: Forger) -> None:
    """An answer to a fetch holds a user's password."""
    before = joined.session.stats().fetches
    text = [String(word) for word in (b"directory", b"domain", b"name", b"alpha.example", b"fetch-id")]
    forger.tell_all((Atom("fetch"), Atom("directory"), *text[1:], [Atom("undefined")]))
    await settled(forger)
    assert joined.session.stats().fetches == before
    assert joined.session.stats().forged >= 1


async def test_a_real_erlang_node(joined: Joined, start_beam: StartBeam, epmd_port: int) -> None:
    beam: Beam = start_beam("28", FORGER, epmd_port)
    node = joined.session._node
    assert await beam.eval(f"net_adm:ping('{node.name}')") == "pong"
    name = str(node.name)
    pid = f'<<131,88,119,{len(name)},"{name}",N:32,0:32,{node.identity.creation}:32>>'
    message = '{event, [undefined, {"Event-Name", "FORGED"}]}'
    await beam.eval(f"[begin P = binary_to_term({pid}), P ! {message}, exit(P, kill) end || N <- lists:seq(0, {PIDS})]")
    assert await beam.eval(f"net_adm:ping('{name}')") == "pong"
    assert not [term for term in joined.sink.events() if header(term, b"Event-Name") == b"FORGED"]
    assert joined.session.stats().forged >= 2
    assert joined.session.stats().state == "up"
    assert await joined.commands.api("status")


async def test_the_bridge_says_so(
    dsn: str,
    start_switch: StartSwitch,
    start_bridge: StartBridge,
    start_node: StartNode,
) -> None:
    """Two configured switches, one of which lies: the log has only what came over the right link, and figures tell."""
    switch = await start_switch()
    service: BridgeService = await start_bridge(dsn, switch.name)
    node = await start_node(FORGER)
    await node.connect(service.node.name)
    Forger(node, service.node).tell_all(forged())
    assert await node.ping(service.node.name)
    stats = service.stats()
    assert (stats.turned.forged, stats.links[0].switch.forged) == (1, 1)
    assert await asyncio.to_thread(service.writer.flush, 60)
    with EventLog(dsn) as log:
        assert forged() not in [event.term for event in log.read(0, 10_000)]
