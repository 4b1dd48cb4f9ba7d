"""A link between two nodes of ours: the hot path's hook, back-pressure both ways, peers without monitors, TLS."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import pytest

from bridge.dist import OURS, Flag, Identity
from bridge.dist import control as controls
from bridge.epmd import environment_address, environment_port
from bridge.errors import NodeError, NotConnected
from bridge.node import Link, Node
from bridge.node import link as module
from bridge.term import Atom, Term, encode
from tests.fix_erlang import StartOurs, until

pytestmark = pytest.mark.erlang

HERE = Path(__file__).parent


async def test_raw_messages_come_undecoded_and_a_failing_handler_harms_nobody(
    start_ours: StartOurs, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = await start_ours(), await start_ours()
    link = await a.connect(b.name)
    sender, receiver = a.mailbox(), b.mailbox("events")
    came: list[tuple[bytes, Link]] = []

    def take(payload: bytes, via: Link) -> None:
        came.append((payload, via))
        if len(came) == 2:
            raise RuntimeError("a bug of the handler")

    receiver.on_raw = take
    for number in range(5):
        sender.send(("events", b.name), (Atom("event"), number))
        a.send_encoded(receiver.pid, encode(number) + b"stray", sender.pid)
    await until(lambda: len(came) == 10)
    assert [payload for payload, _ in came[:2]] == [encode((Atom("event"), 0)), encode(0) + b"stray"]
    assert {via.peer for _, via in came} == {a.name}
    assert "a bug of the handler" in caplog.text
    assert link.up
    # The hook taken away, the messages wait to be received; a name given on gets its new owner.
    receiver.on_raw = None
    sender.send(("events", b.name), Atom("plain"))
    assert await receiver.receive() == Atom("plain")
    receiver.close()
    other = b.mailbox("events")
    sender.send(("events", b.name), Atom("for another"))
    assert await other.receive() == Atom("for another")


async def test_a_handler_that_closes_the_link_gets_nothing_more(start_ours: StartOurs) -> None:
    a, b = await start_ours(), await start_ours()
    link = await a.connect(b.name)
    came: list[bytes] = []

    def take(payload: bytes, via: Link) -> None:
        came.append(payload)
        via.close("enough")

    b.mailbox("r").on_raw = take
    await until(lambda: b.link_to(a.name) is not None)
    theirs = b.links[a.name]
    for number in range(100):
        a.send(("r", b.name), number, a.pid)
    assert await theirs.closed == "enough"
    await link.closed
    assert came == [encode(0)]
    assert b.link_to(a.name) is None
    with pytest.raises(NotConnected):
        theirs.send(controls.Send(a.pid), encode(1))


async def test_a_message_that_is_no_term_is_counted_and_the_link_goes_on(start_ours: StartOurs) -> None:
    a, b = await start_ours(), await start_ours()
    await a.connect(b.name)
    receiver = b.mailbox("r")
    a.send_encoded(("r", b.name), b"\x83\xffjunk", a.pid)
    a.send(("nobody", b.name), Atom("lost"), a.pid)
    a.send(("r", b.name), Atom("good"), a.pid)
    assert await receiver.receive() == Atom("good")
    assert b.malformed == 1


async def test_a_control_message_of_the_future_is_logged(
    start_ours: StartOurs, caplog: pytest.LogCaptureFixture
) -> None:
    a, b = await start_ours(), await start_ours()
    link = await a.connect(b.name)
    link.send(controls.Unknown(77, (77, Atom("what"))))
    await until(lambda: "not known here" in caplog.text)
    assert await a.ping(b.name)


async def test_no_monitors_to_a_peer_without_both_flags(start_ours: StartOurs) -> None:
    """A monitor would end FreeSWITCH's listener; the loss of the link is reported all the same."""
    a = await start_ours()
    b = Node("libei@127.0.0.1", "a-cookie-of-the-tests", epmd_port=a.epmd_port)
    b.identity = Identity(b.name, b.identity.creation, OURS & ~Flag.DIST_MONITOR_NAME)
    await b.start()
    link = await a.connect(b.name)
    target = b.mailbox("t")
    watcher = a.mailbox()
    ref, forgotten = watcher.monitor(("t", b.name)), watcher.monitor(target.pid)
    watcher.demonitor(forgotten)
    watcher.send(("t", b.name), Atom("after"))
    assert await target.receive() == Atom("after")
    assert not target.watchers
    await b.stop()
    await link.closed
    expected: Term = (Atom("DOWN"), ref, Atom("process"), (Atom("t"), b.name), Atom("noconnection"))
    assert await watcher.receive() == expected


async def test_a_peer_that_does_not_read_is_given_up(start_ours: StartOurs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_UNSENT", 20_000_000)
    a, b = await start_ours(), await start_ours()
    link = await a.connect(b.name)
    await until(lambda: b.link_to(a.name) is not None)
    b.links[a.name].pause_reading()
    message = encode(bytes(1_000_000))
    for _ in range(60):
        if not link.up:
            break
        a.send_encoded(("x", b.name), message, a.pid)
    assert "does not read" in await link.closed
    assert a.link_to(b.name) is None


async def test_drain_waits_for_the_peer(start_ours: StartOurs) -> None:
    a, b = await start_ours(), await start_ours()
    link = await a.connect(b.name)
    got = 0

    def take(payload: bytes, via: Link) -> None:
        nonlocal got
        got += 1

    b.mailbox("r").on_raw = take
    for _ in range(50):
        a.send_encoded(("r", b.name), encode(bytes(500_000)), a.pid)
        await link.drain()
    await until(lambda: got == 50)


async def test_callbacks_for_links_may_fail(
    ours: Node, start_ours: StartOurs, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(link: Link) -> None:
        raise RuntimeError("a bug of a callback")

    seen: list[str] = []
    ours.on_link_up.append(fail)
    ours.on_link_up.append(lambda link: seen.append(link.peer))
    other = await start_ours()
    await ours.connect(other.name)
    assert seen == [other.name]
    assert "a bug of a callback" in caplog.text


async def test_many_who_wait_get_one_link(ours: Node, start_ours: StartOurs) -> None:
    other = await start_ours()
    links = await asyncio.gather(*(ours.connect(other.name) for _ in range(20)))
    assert len(set(links)) == 1
    task = asyncio.create_task(ours.connect("nobody@127.0.0.1"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(NodeError):
        await ours.connect("nobody@127.0.0.1")


async def test_lengths_have_four_bytes_over_tls(start_ours: StartOurs) -> None:
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(HERE / "test-only.pem")
    client = ssl.create_default_context(cafile=str(HERE / "test-only.pem"))
    client.check_hostname = False
    a = await start_ours(tls_client=client, tls_server=server)
    b = await start_ours(tls_client=client, tls_server=server)
    assert await a.ping(b.name)
    receiver = b.mailbox("r")
    a.send(("r", b.name), bytes(3_000_000), a.pid)
    assert await receiver.receive() == bytes(3_000_000)
    plain = await start_ours()
    with pytest.raises(NodeError):
        await plain.connect(b.name)


@pytest.mark.parametrize(("value", "port"), [("", 4369), ("5000", 5000), ("junk", 4369), ("99999", 4369)])
def test_where_epmd_is_by_the_environment(monkeypatch: pytest.MonkeyPatch, value: str, port: int) -> None:
    monkeypatch.setenv("ERL_EPMD_PORT", value)
    assert environment_port() == port
    monkeypatch.setenv("ERL_EPMD_ADDRESS", "192.0.2.1, 192.0.2.2")
    assert environment_address() == "192.0.2.1"
    monkeypatch.delenv("ERL_EPMD_ADDRESS")
    assert environment_address() == "127.0.0.1"
