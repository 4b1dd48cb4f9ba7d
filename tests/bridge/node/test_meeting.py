"""Finding each other: cookies, names, epmd, two who connect at once, restarts."""

from __future__ import annotations

import asyncio
import logging

import pytest

from bridge import epmd
from bridge.dist import OURS, Flag
from bridge.dist.handshake import build_challenge
from bridge.errors import (
    EpmdUnreachable,
    FlagMismatch,
    ForeignPeer,
    NameTaken,
    NodeError,
    NotConnected,
    PeerNotThere,
    PeerRefused,
    PeerSilent,
    WrongCookie,
)
from bridge.node import Backoff, Link, Node
from bridge.term import Atom
from tests.fix_erlang import COOKIE, Beam, Epmd, StartBeam, StartOurs, until

pytestmark = pytest.mark.erlang


def _framed(data: bytes) -> bytes:
    return len(data).to_bytes(2, "big") + data


def _greets(name: str, flags: Flag) -> bytes:
    return _framed(b"sok") + _framed(build_challenge(name, flags, 1, 1, old=False))


class Listener:
    """Something that listens and is not what it should be; epmd has it as a node."""

    def __init__(self, name: str, epmd: Epmd, answer: bytes | None, then_close: bool) -> None:
        self._name, self._epmd_port = name, epmd.port
        self._answer, self._then_close = answer, then_close
        self._writers: list[asyncio.StreamWriter] = []

    async def __aenter__(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        port = self._server.sockets[0].getsockname()[1]
        self._registration = await epmd.register(epmd.Registered(self._name, port), "127.0.0.1", self._epmd_port)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.append(writer)
        await reader.read(1)
        if self._answer is not None:
            writer.write(self._answer)
        if self._then_close:
            writer.close()

    async def __aexit__(self, *_: object) -> None:
        self._registration.close()
        self._server.close()
        for writer in self._writers:
            writer.close()
        await self._server.wait_closed()


async def test_a_wrong_cookie_is_said_by_us(start_ours: StartOurs, otp: Beam) -> None:
    ours = await start_ours(cookie="another")
    with pytest.raises(
        WrongCookie, match=rf"No link to {otp.name} at 127.0.0.1:\d+: .* Give both nodes the same cookie"
    ):
        await ours.connect(otp.name)
    assert await ours.connect(otp.name, cookie="a-cookie-of-the-tests")


async def test_a_wrong_cookie_of_theirs_is_in_our_log(
    start_ours: StartOurs, otp: Beam, caplog: pytest.LogCaptureFixture
) -> None:
    ours = await start_ours(cookie="another")
    assert await otp.eval(f"net_adm:ping('{ours.name}')") == "pang"
    await until(lambda: "answered our challenge with another cookie" in caplog.text)
    assert not ours.links


async def test_each_peer_may_have_a_cookie_of_its_own(start_ours: StartOurs, start_beam: StartBeam, otp: Beam) -> None:
    beam = start_beam("25", cookie="special")
    ours = await start_ours(cookies={beam.name: "special"})
    assert (await ours.connect(beam.name)).up
    assert (await ours.connect(otp.name)).up
    other = await start_ours(cookies={beam.name: "special"})
    assert await beam.eval(f"net_adm:ping('{other.name}')") == "pong"


async def test_a_taken_name(start_ours: StartOurs, otp: Beam) -> None:
    with pytest.raises(NameTaken, match=r"is taken on this host .* give this one another name"):
        await start_ours(otp.name)


async def test_a_peer_that_is_not_there(ours: Node, otp: Beam) -> None:
    with pytest.raises(PeerNotThere, match=r"knows no node named nobody \(it knows: .*otp2.*\): start it, or correct"):
        await ours.connect("nobody@127.0.0.1")


async def test_a_peer_whose_port_is_closed(ours: Node, own_epmd: Epmd) -> None:
    gone = await epmd.register(epmd.Registered("gone", 1), "127.0.0.1", own_epmd.port)
    with pytest.raises(PeerNotThere, match=r"epmd says that gone@.* listens at .*:1, but"):
        await ours.connect("gone@127.0.0.1")
    gone.close()


async def test_no_epmd_at_the_peers_host(start_ours: StartOurs, mortal_epmd: Epmd) -> None:
    ours = await start_ours(listen=False, epmd_port=mortal_epmd.port)
    with pytest.raises(
        EpmdUnreachable, match=r"^x@127.0.0.1 cannot be looked up: No epmd at 127.0.0.1:\d+ .*start epmd"
    ):
        await ours.connect("x@127.0.0.1")


async def test_no_epmd_here_and_none_wanted(start_ours: StartOurs, mortal_epmd: Epmd) -> None:
    with pytest.raises(EpmdUnreachable):
        await start_ours(epmd_port=mortal_epmd.port, embed_epmd=False)


@pytest.mark.parametrize(
    ("name", "answer", "then_close", "error", "says"),
    [
        (
            "http",
            b"HTTP/1.1 400 Bad Request\r\n\r\n",
            False,
            ForeignPeer,
            "this is not the Erlang distribution protocol",
        ),
        ("cut", b"\0\3s", True, PeerRefused, "closed the connection when it heard our name"),
        ("closes", None, True, PeerRefused, "closed the connection when it heard our name"),
        ("not-allowed", _framed(b"snot_allowed"), True, PeerRefused, "does not let"),
        ("names-us", _framed(b"snamed:123@abc"), True, PeerRefused, "answered our name by 'named:123@abc'"),
        ("other", _greets("x@y", OURS), True, PeerNotThere, "x@y answers where other@127.0.0.1 should be"),
        ("old", _greets("old@127.0.0.1", Flag(0)), True, FlagMismatch, "lacks .* EXT_REFS"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_peer_that_is_something_else(
    ours: Node, own_epmd: Epmd, name: str, answer: bytes | None, then_close: bool, error: type[NodeError], says: str
) -> None:
    async with Listener(name, own_epmd, answer, then_close):
        with pytest.raises(error, match=says) as caught:
            await ours.connect(f"{name}@127.0.0.1")
    assert type(caught.value) is error


async def test_a_peer_that_says_nothing(ours: Node, own_epmd: Epmd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bridge.dist.connection.SETUP_SECONDS", 0.2)
    async with Listener("mute", own_epmd, None, False):
        with pytest.raises(PeerSilent, match="handshake was not done"):
            await ours.connect("mute@127.0.0.1")


async def test_strangers_at_our_door(ours: Node, own_epmd: Epmd, otp: Beam) -> None:
    found = await epmd.lookup(ours.alive, "127.0.0.1", own_epmd.port)
    assert found is not None
    for hello in (b"GET / HTTP/1.1\r\n\r\n", b"\xff" * 100, b"\0\0", b""):
        reader, writer = await asyncio.open_connection("127.0.0.1", found.port)
        writer.write(hello)
        writer.write_eof()
        assert await reader.read() == b""
        writer.close()
    assert await ours.ping(otp.name)


async def test_names_that_are_none(ours: Node) -> None:
    for name in ("freeswitch", "@host", "a@", "a@b@c"):
        with pytest.raises(NodeError, match="is no node name"):
            await ours.connect(name)
    with pytest.raises(NodeError, match="is this node itself"):
        await ours.connect(ours.name)
    with pytest.raises(NotConnected, match="There is no link to x@y"):
        ours.send(("a", "x@y"), Atom("hello"), ours.pid)


@pytest.mark.parametrize("name", ["aaa", "zzz"])
async def test_two_that_connect_at_once_settle(start_ours: StartOurs, otp: Beam, name: str) -> None:
    """With the smaller name and with the greater one; whoever wins, one link is up on both sides afterwards."""
    ours = await start_ours(f"{name}@127.0.0.1")
    assert (ours.name < otp.name) is (name == "aaa")
    for _ in range(30):
        theirs = asyncio.create_task(otp.eval(f"net_kernel:connect_node('{ours.name}')"))
        link, answer = await asyncio.gather(ours.connect(otp.name), theirs)
        assert answer == "true"
        assert ours.links == {otp.name: link}
        assert link.up
        assert await ours.ping(otp.name)
        await otp.eval(f"erlang:disconnect_node('{ours.name}')")
        await link.closed
        await until(lambda: not ours.links)


async def test_two_of_ours_that_connect_at_once_settle(start_ours: StartOurs) -> None:
    a, b = await start_ours("one@127.0.0.1"), await start_ours("two@127.0.0.1")
    for _ in range(30):
        first, second = await asyncio.gather(a.connect(b.name), b.connect(a.name))
        await until(lambda: a.link_to(b.name) is not None and b.link_to(a.name) is not None)
        assert await a.ping(b.name)
        assert await b.ping(a.name)
        a.links[b.name].close("again")
        await asyncio.gather(first.closed, second.closed)
        await until(lambda: not a.links and not b.links)


@pytest.mark.parametrize("release", ["25", "28"])
async def test_keeps_a_peer_that_restarts(start_ours: StartOurs, start_beam: StartBeam, release: str) -> None:
    ours = await start_ours()
    events: list[str] = []
    ours.on_link_up.append(lambda link: events.append("up"))
    ours.on_link_down.append(lambda link, reason: events.append("down"))
    process = ours.mailbox("p")
    beam = start_beam(release)
    keeper = ours.keep(beam.name, backoff=Backoff(0.02, 0.1))
    await until(lambda: events == ["up"])
    await beam.eval(f"{{p, '{ours.name}'}} ! self()")
    old = await process.receive()
    beam.kill()
    await until(lambda: events == ["up", "down"])
    again = start_beam(release, beam.name)
    await until(lambda: events == ["up", "down", "up"])
    await again.eval(f"{{p, '{ours.name}'}} ! self()")
    new = await process.receive()
    assert old != new
    assert not keeper.done()


async def test_our_own_restart_under_the_same_name(start_ours: StartOurs, otp: Beam) -> None:
    for _ in range(3):
        ours = await start_ours("restarted@127.0.0.1")
        assert await ours.ping(otp.name)
        assert await otp.eval(f"net_adm:ping('{ours.name}')") == "pong"
        await ours.stop()


async def test_a_peer_that_comes_again_before_its_old_link_is_dead(start_ours: StartOurs) -> None:
    """A host that lost its power comes back before TCP has noticed: `alive`, `true`, and the old link goes."""
    ours = await start_ours()
    first = await start_ours("twice@127.0.0.1", listen=False)
    ups: list[Link] = []
    ours.on_link_up.append(ups.append)
    old = await first.connect(ours.name)
    await until(lambda: len(ups) == 1)
    second = await start_ours("twice@127.0.0.1", listen=False)
    await second.connect(ours.name)
    await until(lambda: len(ups) == 2)
    assert ours.links == {"twice@127.0.0.1": ups[1]}
    assert await old.closed == "the peer closed the connection"
    assert ups[0].closed.reason == "the peer connected anew"
    assert await second.ping(ours.name)


@pytest.mark.parametrize("release", ["25", "28"])
async def test_an_epmd_of_our_own_serves_erlang_too(
    start_ours: StartOurs, start_beam: StartBeam, mortal_epmd: Epmd, release: str
) -> None:
    ours = await start_ours(epmd_port=mortal_epmd.port)
    beam = await asyncio.to_thread(start_beam, release, epmd_port=mortal_epmd.port)
    assert {name for name, _ in await epmd.names("127.0.0.1", mortal_epmd.port)} == {
        ours.alive,
        beam.name.partition("@")[0],
    }
    assert await ours.ping(beam.name)
    other = await start_ours(epmd_port=mortal_epmd.port)
    assert await beam.eval(f"net_adm:ping('{other.name}')") == "pong"
    with pytest.raises(NameTaken):
        await start_ours(ours.name, epmd_port=mortal_epmd.port)


async def test_registers_again_when_epmd_comes_back(
    start_ours: StartOurs, mortal_epmd: Epmd, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    mortal_epmd.start()
    ours = await start_ours(epmd_port=mortal_epmd.port, embed_epmd=False)
    mortal_epmd.kill()
    await until(lambda: "epmd has gone" in caplog.text)
    mortal_epmd.start()
    await until(lambda: "is registered with epmd again" in caplog.text)
    assert await epmd.lookup(ours.alive, "127.0.0.1", mortal_epmd.port) is not None


async def test_serves_epmd_itself_when_the_only_one_dies(
    start_ours: StartOurs, mortal_epmd: Epmd, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    mortal_epmd.start()
    ours = await start_ours(epmd_port=mortal_epmd.port)
    mortal_epmd.kill()

    await until(lambda: "is registered with epmd again" in caplog.text)
    assert await epmd.lookup(ours.alive, "127.0.0.1", mortal_epmd.port) is not None


async def test_idle_links_live_by_ticks(start_ours: StartOurs, start_beam: StartBeam) -> None:
    """Tick time 8 s on all sides: idle for longer than the ten seconds after which silence ends a link."""
    beams = [start_beam(release, more=("-kernel", "net_ticktime", "8")) for release in ("25", "28")]
    ours = await start_ours(ticktime=8)
    links = [await ours.connect(beam.name) for beam in beams]
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(11):
            await asyncio.wait(
                [asyncio.create_task(link.closed.wait()) for link in links], return_when="FIRST_COMPLETED"
            )
    for beam, link in zip(beams, links, strict=True):
        assert link.up
        assert str(ours.name) in await beam.eval("nodes(hidden)")


async def test_a_node_beside_ours_has_a_second_link_to_a_peer(otp: Beam, start_ours: StartOurs) -> None:
    """With our cookies and a name of its own; it is gone with us."""
    ours = await start_ours(cookie="not-that-of-the-peer")
    first = await ours.connect(otp.name, COOKIE)
    beside = ours.beside("commands")
    assert beside is ours.beside("commands")
    assert beside.name == f"{ours.alive}-commands@127.0.0.1"
    second = await beside.connect(otp.name)
    assert second is not first
    seen = await otp.eval("lists:sort([atom_to_list(N) || N <- nodes(hidden)])")
    assert str(ours.name) in seen
    assert str(beside.name) in seen
    await ours.stop()
    assert first.closed.is_set()
    assert second.closed.is_set()
