"""A hidden Erlang node in asyncio: mailboxes, links to peers, epmd, and who gets what.

    node = Node("harmony@pbx-ops", cookie="...")
    await node.start()
    mailbox = node.mailbox("events")
    await node.connect("freeswitch@pbx1")
    node.send(("any", "freeswitch@pbx1"), Atom("getpid"), mailbox.pid)
    print(await mailbox.receive())

What FreeSWITCH's messages mean does not belong here.
"""

from __future__ import annotations

import asyncio
import logging
import random
import secrets
import ssl
from collections.abc import Callable, Collection, Mapping
from typing import Final

from bridge import epmd
from bridge.dist import Connection, Identity, Message, NameReceived, Status
from bridge.dist import control as controls
from bridge.dist.control import Control
from bridge.errors import NoCookie, NodeError, NotConnected, TermError
from bridge.node import calls
from bridge.node.dialling import Dialler, explain, split_name
from bridge.node.door import Door, honest
from bridge.node.link import Link
from bridge.node.listing import Listing
from bridge.node.mailbox import Envelope, Mailbox, Target
from bridge.node.processes import Processes
from bridge.node.services import Callee, Services
from bridge.term import Atom, Pid, Term, decode_prefix, encode
from core.following.backoff import Backoff

LOG: Final = logging.getLogger("harmony.node")
# Connections that have not shown the cookie yet. Each may hold a small buffer and seven seconds of patience.
MOST_STRANGERS: Final = 256


def beside(name: str, word: str) -> str:
    """The name of the node that ``name`` has beside it for this purpose."""
    alive, host = split_name(name)
    return f"{alive}-{word}@{host}"


class Node:
    """One node. Everything runs on the event loop that `start` was called on."""

    def __init__(
        self,
        name: str,
        cookie: str,
        *,
        ticktime: float = 60,
        listen: bool = True,
        cookies: Mapping[str, str] | None = None,
        admit: Collection[str] | None = None,
        address: str = "127.0.0.1",
        epmd_port: int | None = None,
        embed_epmd: bool = True,
        tls_client: ssl.SSLContext | None = None,
        tls_server: ssl.SSLContext | None = None,
    ) -> None:
        """`ticktime` in seconds, the same on all nodes; `cookies`: peers that have one of their own; `admit`: the names
        that may connect to us, None for whoever proves the cookie; `address`: where to listen, with our own epmd."""
        self.alive, self.host = split_name(name)
        self.name = Atom(name)
        self.ticktime = ticktime
        self.log = LOG
        self.epmd_port = epmd.environment_port() if epmd_port is None else epmd_port
        self.tls_client, self.tls_server = tls_client, tls_server
        self.address = address
        self.door = Door(self.log, admit)
        # Which life of the node this is. epmd offers a number too, but it comes late: mailboxes may be made before.
        self.identity = Identity(name, secrets.randbelow((1 << 32) - 1) + 1)
        self.links: dict[str, Link] = {}
        self.on_link_up: list[Callable[[Link], None]] = []
        self.on_link_down: list[Callable[[Link, str], None]] = []
        self.malformed = 0
        self._cookie = cookie
        self._cookies = dict(cookies or {})
        self._listen = listen
        self._embed = embed_epmd
        self._listing: Listing | None = None
        self._server: asyncio.Server | None = None
        self._strangers: set[Link] = set()
        self._dialler = Dialler(self)
        self._services = Services(self)
        self.processes = Processes(self)
        self._last_send: tuple[Target | None, Pid | None, Control | None] = (None, None, None)
        self._keepers: set[asyncio.Task[None]] = set()
        self._beside: dict[str, Node] = {}
        self.pid = Pid(self.name, 0, 0, self.identity.creation)

    # -- life -----------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Listen and register with epmd; `NameTaken` or `EpmdUnreachable` say why not."""
        if self._listen:
            loop = asyncio.get_running_loop()
            try:
                self._server = await loop.create_server(self._accept, self.address, 0, ssl=self.tls_server)
            except OSError as error:
                raise NodeError(f"{self.name} cannot listen at {self.address}: {error}") from None
            port = self._server.sockets[0].getsockname()[1]
            self._listing = Listing(
                epmd.Registered(self.alive, port), self.address, self.epmd_port, embed=self._embed, log=self.log
            )
            try:
                await self._listing.start()
            except BaseException:
                await self.stop()
                raise
        self._services.start()

    async def stop(self) -> None:
        """Close everything; processes that are linked to ours hear `noconnection`."""
        for node in self._beside.values():
            await node.stop()
        for task in list(self._keepers):
            task.cancel()
        await asyncio.gather(*self._keepers, return_exceptions=True)
        if self._server is not None:
            self._server.close()
        await self._dialler.stop()
        await self._services.stop()
        for link in [*self.links.values(), *self._strangers]:
            link.close("this node stops")
        if self._listing is not None:
            await self._listing.stop()
            self._listing = None
        if self._server is not None:
            await self._server.wait_closed()
            self._server = None
        await asyncio.sleep(0)  # let the transports run their last callbacks

    def beside(self, word: str) -> Node:
        """Another node of ours, for a second link to a peer that we are linked to: its name is ours with ``word``
        behind it. It knows our cookies, takes no connections, and stops with this node."""
        node = self._beside.get(word)
        if node is None:
            node = self._beside[word] = Node(
                beside(self.name, word),
                self._cookie,
                ticktime=self.ticktime,
                listen=False,
                epmd_port=self.epmd_port,
                embed_epmd=False,
                tls_client=self.tls_client,
            )
            node._cookies, node.door = self._cookies, self.door
        return node

    # -- processes ------------------------------------------------------------------------------------------------

    def mailbox(self, name: str | None = None, *, of: str | None = None) -> Mailbox:
        """A new process of ours, under a registered name if one is given. ``of``: the only peer that it listens to;
        what comes for it over any other link is dropped and counted, since pids can be guessed."""
        return self.processes.spawn(name, of)

    def catch_all(self, mailbox: Mailbox | None) -> None:
        """Give this mailbox what is sent to names that nobody here has."""
        self.processes.default = mailbox
        self.forget_receivers()

    def whereis(self, name: str) -> Mailbox | None:
        """The process of ours that has this name."""
        return self.processes.names.get(name)

    def allow(self, module: str, function: str, callee: Callee) -> None:
        """Let peers call `module:function` by rpc and erpc; nothing else is callable."""
        self._services.allow(module, function, callee)

    # -- peers ----------------------------------------------------------------------------------------------------

    async def connect(self, peer: str, cookie: str | None = None) -> Link:
        """The link to a peer, made if there is none; a `NodeError` says in one sentence why that does not work."""
        split_name(peer)
        if peer == self.name:
            raise NodeError(f"{peer} is this node itself: give the two nodes different names")
        if cookie is not None:
            self._cookies[peer] = cookie
        if not self.cookie_for(peer):
            raise NoCookie(f"There is no cookie for {peer}: set the one that it has, an empty one proves nothing")
        return self.links.get(peer) or await self._dialler.connect(peer)

    def keep(self, peer: str, cookie: str | None = None, backoff: Backoff | None = None) -> asyncio.Task[None]:
        """Connect, and again after every loss, with growing pauses, until the task is cancelled or the node stops."""
        task = asyncio.get_running_loop().create_task(self._keep(peer, cookie, backoff or Backoff()))
        self._keepers.add(task)
        task.add_done_callback(self._keepers.discard)
        return task

    async def _keep(self, peer: str, cookie: str | None, backoff: Backoff) -> None:
        said = ""
        while True:
            try:
                link = await self.connect(peer, cookie)
            except Exception as error:  # whatever it is, the peer is tried again
                if str(error) != said:  # the same trouble for an hour is one line, not hundreds
                    self.log.warning("%s", error, exc_info=None if isinstance(error, NodeError) else error)
                said = str(error)
            else:
                said = ""
                backoff.reset()
                await link.closed
            await asyncio.sleep(backoff.next(random.random()))

    def link_to(self, peer: str) -> Link | None:
        """The link to a peer, if it is up."""
        return self.links.get(peer)

    def cookie_for(self, peer: str) -> bytes:
        return self._cookies.get(peer, self._cookie).encode()

    # -- sending --------------------------------------------------------------------------------------------------

    def send(self, to: Target, message: Term, sender: Pid) -> None:
        """Send to a process, or to a name on a node; `NotConnected` if there is no link to its node."""
        peer = to.node if isinstance(to, Pid) else to[1]
        if peer == self.name:
            processes = self.processes
            mailbox = processes.find(to) if isinstance(to, Pid) else processes.names.get(to[0], processes.default)
            if mailbox is not None:
                mailbox.deliver(Envelope(message, sender, to if isinstance(to, Pid) else Atom(to[0])))
            return
        self.send_encoded(to, encode(message), sender)

    def send_encoded(self, to: Target, message: bytes, sender: Pid) -> None:
        """The same for a term that is encoded already (version byte first)."""
        last_to, last_sender, control = self._last_send
        if control is None or last_to != to or last_sender != sender:
            control = controls.Send(to) if isinstance(to, Pid) else controls.RegSend(sender, Atom(to[0]))
            self._last_send = (to, sender, control)
        peer = to.node if isinstance(to, Pid) else to[1]
        link = self.links.get(peer)
        if link is None:
            raise NotConnected(f"There is no link to {peer}: connect first, or wait until it is back")
        link.send(control, message)

    async def call(self, peer: str, module: str, function: str, *args: Term, within: float = 10) -> Term:
        """Call a function on a peer that is an Erlang node; `CallFailed` says why there is no value."""
        return await calls.call(self, peer, module, function, list(args), within)

    async def ping(self, peer: str, within: float = 7) -> bool:
        """Whether an Erlang node is there and answers."""
        return await calls.ping(self, peer, within)

    def signal(self, peer: str, control: Control) -> bool:
        """Send a signal to a node, which may be our own; False if there is no link."""
        if peer == self.name:
            self.processes.signal(None, control)
            return True
        link = self.links.get(peer)
        if link is None or not link.up:
            return False
        link.send(control)
        return True

    # -- what links report ----------------------------------------------------------------------------------------

    def receiver(self, control: Control) -> Mailbox | None:
        """Who gets a message."""
        return self.processes.receiver(control)

    def forged(self, peer: str | None, link: Link) -> None:
        """Count what came over ``link`` and can only be ``peer``'s; see `Door.forged`."""
        self.door.forged(peer, link)

    def signal_came(self, link: Link, control: Control) -> None:
        self.processes.signal(link, control)

    def message_came(self, link: Link, event: Message) -> None:
        """A message for a mailbox that wants it decoded, or a request for a process."""
        control = event.control
        if not honest(control, link.peer):
            self.door.forged(None, link)
            return
        if isinstance(control, controls.SpawnRequest):
            self._services.spawn(link, control, event.payload)
            return
        mailbox = self.processes.receiver(control)
        if mailbox is None:
            self.log.debug("%s sent to %s, which is not here", link.peer, control.to)
            return
        try:
            term, _ = decode_prefix(event.payload)
        except TermError as error:
            self.malformed += 1
            self.log.warning("A message of %s for %s is dropped: %s", link.peer, mailbox, error)
            return
        mailbox.deliver(Envelope(term, control.sender, control.to, link))

    def name_came(self, link: Link, event: NameReceived) -> None:
        """Somebody connects to us and says a name: decide, before the cookie is shown."""
        peer = event.name
        cookie, challenge = self.cookie_for(peer), secrets.randbits(32)
        attempt = self._dialler.attempts.get(peer)
        if not self.door.admits(link, peer, self.name, cookie):
            link.connection.refuse(Status.NOT_ALLOWED)
        elif peer in self.links:
            link.connection.accept(Status.ALIVE, cookie=cookie, challenge=challenge)
        elif attempt is None:
            link.connection.accept(Status.OK, cookie=cookie, challenge=challenge)
        elif peer > self.name and not self._dialler.insists(peer):  # both at once: the greater name's attempt goes on
            link.connection.accept(Status.OK_SIMULTANEOUS, cookie=cookie, challenge=challenge)
            attempt.give_up()
        else:
            link.connection.refuse(Status.NOK)

    def wants(self, link: Link) -> bool:
        """The peer thinks it is connected already. We insist unless we think so too."""
        return link.peer not in self.links

    def expects(self, peer: str) -> bool:
        """Whether a connection of the peer's own is on its way, or up."""
        return peer in self.links or any(
            link.peer == peer and not link.closed.is_set() for link in self._strangers if not link.initiator
        )

    def link_established(self, link: Link) -> None:
        """Both cookies are proven. An older link to the same name is dead, whatever the sockets say."""
        self._strangers.discard(link)
        old = self.links.get(link.peer)
        if old is not None and old is not link:
            old.close("the peer connected anew")
        self.links[link.peer] = link
        self.log.info("The link to %s at %s is up", link.peer, link.address)
        for callback in list(self.on_link_up):
            self._tell(callback, link)
        self._dialler.came_up(link)

    def link_ended(self, link: Link, reason: str) -> None:
        self._strangers.discard(link)
        if self.links.get(link.peer) is not link:
            if link.error is not None and not link.initiator:
                self.door.failed(
                    link.error.code, str(explain(link.peer or "whoever connected", link.address, link.error))
                )
            return
        del self.links[link.peer]
        self.log.warning("The link to %s has ended: %s", link.peer, reason)
        for mailbox in list(self.processes.by_pid.values()):
            mailbox.lost(link.peer)
        for callback in list(self.on_link_down):
            self._tell(callback, link, reason)

    def _tell(self, callback: Callable[..., None], *args: object) -> None:
        try:
            callback(*args)
        except Exception:
            self.log.exception("A callback for links failed")

    def forget_receivers(self) -> None:
        """A name or a pid has another owner, or none."""
        for link in self.links.values():
            link.forget_receiver()

    def _accept(self) -> Link:
        loop = asyncio.get_running_loop()
        connection = Connection.acceptor(
            self.identity, now=loop.time(), ticktime=self.ticktime, length_size=4 if self.tls_server else 2
        )
        link = Link(self, connection, initiator=False)
        if len(self._strangers) >= MOST_STRANGERS:
            oldest = next(iter(self._strangers))
            oldest.close("too many connections wait without showing the cookie")
            self.door.crowded()
        self._strangers.add(link)
        return link

    def __repr__(self) -> str:
        return f"<Node {self.name}, {len(self.links)} links>"
