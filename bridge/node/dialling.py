"""Finding a peer, connecting to it, and saying in one sentence why it did not work."""

from __future__ import annotations

import asyncio
import secrets
import ssl
from typing import Any, Protocol

from bridge import epmd
from bridge.dist import Connection, Identity, RemoteProtocolError
from bridge.dist.connection import SETUP_SECONDS
from bridge.errors import (
    EpmdUnreachable,
    FlagMismatch,
    ForeignPeer,
    NodeError,
    PeerNotThere,
    PeerRefused,
    PeerSilent,
    WrongCookie,
)
from bridge.node import link as links
from bridge.node.link import Link

_ERRORS: dict[str, type[NodeError]] = {
    "wrong-cookie": WrongCookie,
    "flag-mismatch": FlagMismatch,
    "foreign-peer": ForeignPeer,
    "frame-too-large": ForeignPeer,
    "other-node": PeerNotThere,
    "setup-timeout": PeerSilent,
}


def explain(peer: str, address: str, error: RemoteProtocolError) -> NodeError:
    """The operator's sentence for a handshake that failed."""
    kind = _ERRORS.get(error.code, PeerRefused)
    return kind(f"No link to {peer} at {address}: {error}. {error.hint}".rstrip())


def split_name(peer: str) -> tuple[str, str]:
    """A node name's two halves."""
    alive, at, host = peer.partition("@")
    if not alive or not at or not host or "@" in host:
        raise NodeError(f"{peer!r} is no node name: it has the form name@host, such as freeswitch@pbx1")
    return alive, host


class Owner(links.Owner, Protocol):
    """The node, as its dialler sees it."""

    @property
    def identity(self) -> Identity: ...

    @property
    def ticktime(self) -> float: ...

    @property
    def epmd_port(self) -> int: ...

    @property
    def tls_client(self) -> ssl.SSLContext | None: ...

    def link_to(self, peer: str) -> Link | None: ...

    def expects(self, peer: str) -> bool: ...

    def cookie_for(self, peer: str) -> bytes: ...


class Attempt:
    """Our own attempt to connect to one peer. It counts from before the socket is made, so that a peer who connects at
    the same moment is met by one rule however the packets fall."""

    def __init__(self) -> None:
        self.given_up = False
        self.link: Link | None = None

    def give_up(self) -> None:
        self.given_up = True
        if self.link is not None:
            self.link.close("the peer connected at the same moment")


class Dialler:
    """Our own attempts to connect, one a peer at a time."""

    def __init__(self, node: Owner) -> None:
        self._node = node
        self._tasks: dict[str, asyncio.Task[Link]] = {}
        self.attempts: dict[str, Attempt] = {}
        self._waiting: dict[str, set[asyncio.Future[Link]]] = {}
        self._insists: set[str] = set()

    async def connect(self, peer: str) -> Link:
        task = self._tasks.get(peer)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._dial(peer))
            self._tasks[peer] = task
            task.add_done_callback(lambda done: self._done(peer, done))
        return await asyncio.shield(task)

    def _done(self, peer: str, task: asyncio.Task[Link]) -> None:
        self._tasks.pop(peer, None)
        if not task.cancelled():
            task.exception()  # seen, even if everybody who waited has gone

    def insists(self, peer: str) -> bool:
        """Whether our own attempt goes on whoever connects in the peer's name meanwhile: one did, and came to nothing.
        Names are said before anything is proven, so strangers could keep us from a peer for ever."""
        return peer in self._insists

    def came_up(self, link: Link) -> None:
        """A link is up, whoever made it."""
        self._insists.discard(link.peer)
        for future in self._waiting.pop(link.peer, ()):
            if not future.done():
                future.set_result(link)

    async def stop(self) -> None:
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _dial(self, peer: str) -> Link:
        up: asyncio.Future[Link] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(peer, set())
        waiting.add(up)
        try:
            link = await self._open(peer)
            if link is None:
                return await self._wait(peer, up, "it began to connect to us and did not finish")
            ended = asyncio.get_running_loop().create_task(link.closed.wait())
            either: list[asyncio.Future[Any]] = [up, ended]
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            except asyncio.CancelledError:
                link.close("nobody waits for it any more")
                raise
            finally:
                ended.cancel()
            if up.done():
                return up.result()
            if link.error is not None and link.error.code != "simultaneous":
                raise explain(peer, link.address, link.error)
            return await self._wait(peer, up, "two connections at once, and neither came up")
        finally:
            self.attempts.pop(peer, None)
            waiting.discard(up)
            if not waiting and self._waiting.get(peer) is waiting:
                del self._waiting[peer]

    async def _wait(self, peer: str, up: asyncio.Future[Link], otherwise: str) -> Link:
        """The peer's own connection is on its way; it has as long as a handshake has."""
        try:
            async with asyncio.timeout(SETUP_SECONDS):
                return await up
        except TimeoutError:
            self._insists.add(peer)
            raise PeerSilent(f"No link to {peer}: {otherwise}: try again") from None

    async def _open(self, peer: str) -> Link | None:
        """The socket, with the handshake begun; None if the peer connected to us meanwhile."""
        node = self._node
        alive, host = split_name(peer)
        try:
            found = await epmd.lookup(alive, host, node.epmd_port)
        except EpmdUnreachable as error:
            raise EpmdUnreachable(f"{peer} cannot be looked up: {error}") from None
        if found is None:
            others = ", ".join(name for name, _ in await epmd.names(host, node.epmd_port)) or "none"
            raise PeerNotThere(
                f"epmd on {host} knows no node named {alive} (it knows: {others}): start it, or correct the name"
            )
        if node.link_to(peer) is not None or (node.expects(peer) and not self.insists(peer)):
            return None
        attempt = self.attempts[peer] = Attempt()
        loop = asyncio.get_running_loop()

        def make() -> Link:
            connection = Connection.initiator(
                node.identity,
                peer,
                cookie=node.cookie_for(peer),
                challenge=secrets.randbits(32),
                now=loop.time(),
                ticktime=node.ticktime,
                length_size=4 if node.tls_client is not None else 2,
                version=found.highest,
            )
            link = Link(node, connection, initiator=True)
            attempt.link = link
            if attempt.given_up:
                attempt.give_up()
            return link

        try:
            async with asyncio.timeout(SETUP_SECONDS):
                _, link = await loop.create_connection(make, host, found.port, ssl=node.tls_client)
        except TimeoutError:
            raise PeerSilent(
                f"{peer} takes no connection at {host}:{found.port}: a firewall drops it, or the host is down"
            ) from None
        except OSError as error:
            raise PeerNotThere(
                f"epmd says that {peer} listens at {host}:{found.port}, but: {error}: "
                "start the node again, or let its port through"
            ) from None
        return link
