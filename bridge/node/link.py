"""One socket to one peer: drives a `Connection` with what asyncio reads, and with time.

Reading puts the kernel's bytes straight into the connection's buffer. Every frame is one write, since libei loses its
framing on frames that come in pieces. What a link needs of the node that has it is `Owner`: the node knows its links, a
link knows no node.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable, Generator
from typing import Final, Protocol, cast

from bridge.dist import (
    NEED_DATA,
    AliveAsked,
    Connection,
    Ended,
    Established,
    Flag,
    Message,
    NameReceived,
    Signal,
    State,
)
from bridge.dist.control import Control
from bridge.errors import LocalProtocolError, NotConnected, RemoteProtocolError

# A peer that does not read holds its messages here. Room for two of the largest terms; past that the link is given up,
# since the memory is ours and the messages would be old.
MOST_UNSENT: Final = 256 * 1024 * 1024


class Receiver(Protocol):
    """A process of ours, as a link sees the one that a message is for."""

    @property
    def peer(self) -> str | None:
        """the only node that it listens to"""

    @property
    def on_raw(self) -> Callable[[bytes, Link], None] | None:
        """takes messages undecoded"""

    def hears(self, peer: str) -> bool: ...


class Owner(Protocol):
    """The node, as a link sees it."""

    @property
    def log(self) -> logging.Logger: ...

    def receiver(self, control: Control) -> Receiver | None:
        """Who gets a message."""

    def forged(self, peer: str | None, link: Link) -> None:
        """Count what came over ``link`` and cannot be its peer's."""

    def signal_came(self, link: Link, control: Control) -> None: ...

    def message_came(self, link: Link, event: Message) -> None: ...

    def name_came(self, link: Link, event: NameReceived) -> None: ...

    def wants(self, link: Link) -> bool: ...

    def link_established(self, link: Link) -> None: ...

    def link_ended(self, link: Link, reason: str) -> None: ...


class Closed:
    """The end of a link: `await link.closed` gives the reason; `reason` is empty while the link lives."""

    def __init__(self) -> None:
        self.reason = ""
        self._event = asyncio.Event()

    def is_set(self) -> bool:
        return self._event.is_set()

    async def wait(self) -> str:
        await self._event.wait()
        return self.reason

    def __await__(self) -> Generator[None, None, str]:
        return self.wait().__await__()

    def set(self, reason: str) -> None:
        if not self._event.is_set():
            self.reason = reason
            self._event.set()


class Link(asyncio.BufferedProtocol):
    """A link to a peer, from the first byte of the handshake to the end. Made by the node only."""

    def __init__(self, node: Owner, connection: Connection, *, initiator: bool) -> None:
        self.node = node
        self.connection = connection
        self.initiator = initiator
        self.address = ""
        self.closed = Closed()
        self.error: RemoteProtocolError | None = None
        self.messages = 0
        self.bytes_received = 0
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._paused = False
        self._known: object = None
        self._receiver: Receiver | None = None

    @property
    def peer(self) -> str:
        """The peer's node name (proven once the link is up)."""
        return self.connection.peer

    @property
    def peer_flags(self) -> Flag:
        return self.connection.peer_flags

    @property
    def up(self) -> bool:
        return self.connection.state is State.UP and not self.closed.is_set()

    @property
    def takes_monitors(self) -> bool:
        """libei ends its listener on a monitor; nodes that can take one set both flags."""
        both = Flag.DIST_MONITOR | Flag.DIST_MONITOR_NAME
        return self.peer_flags & both == both

    # -- sending --------------------------------------------------------------------------------------------------

    def send(self, control: Control, message: bytes | None = None) -> None:
        """Write one frame."""
        transport = self._transport
        if transport is None or self.connection.state is not State.UP:
            raise NotConnected(f"There is no link to {self.peer}: connect first, or wait until it is back")
        transport.write(self.connection.send(control, message))
        if not self._writable.is_set() and transport.get_write_buffer_size() > MOST_UNSENT:
            self.close(f"{self.peer} does not read: over {MOST_UNSENT} bytes wait for it")

    def send_behind_ticks(self, ticks: int, control: Control | None = None, message: bytes | None = None) -> None:
        """Write so many ticks, and a frame behind them: something to read for a peer that must not run dry. Nothing is
        written once the link is down."""
        if self._transport is None or not self.up:
            return
        frame = self.connection.send(control, message) if control is not None else b""
        self._transport.write(bytes(4 * ticks) + frame)

    async def drain(self) -> None:
        """Wait until the peer has taken most of what was sent: for those who send much."""
        await self._writable.wait()

    def flush(self) -> None:
        """Write what the protocol itself has to say."""
        if self._transport is not None and (data := self.connection.data_to_send()):
            self._transport.write(data)

    # -- back-pressure --------------------------------------------------------------------------------------------

    def pause_reading(self) -> None:
        """Read no more; the peer is held up by TCP. What was read already is still handed over."""
        if not self._paused and self._transport is not None and not self._transport.is_closing():
            self._paused = True
            self.connection.pause()
            self._transport.pause_reading()

    def resume_reading(self) -> None:
        if self._paused and self._transport is not None:
            self._paused = False
            self.connection.resume(self._loop.time())
            if not self._transport.is_closing():
                self._transport.resume_reading()
            self._schedule()

    def close(self, reason: str) -> None:
        """End the link; processes that it led to are told `noconnection`."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._transport is not None:
            self.flush()
            self._transport.close()
        self.connection.close()
        self._end(reason)

    def forget_receiver(self) -> None:
        """Names or pids have changed: look up the next message's receiver afresh."""
        self._known = self._receiver = None

    # -- asyncio's side -------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        if self.closed.is_set():  # given up before the network was done
            self._transport.abort()
            return
        raw = transport.get_extra_info("socket")
        if raw is not None and raw.family in (socket.AF_INET, socket.AF_INET6):
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer = transport.get_extra_info("peername")
        self.address = f"{peer[0]}:{peer[1]}" if peer else "?"
        self.flush()
        self._schedule()

    def get_buffer(self, sizehint: int) -> memoryview:
        return self.connection.room()

    def buffer_updated(self, nbytes: int) -> None:
        self.bytes_received += nbytes
        self.connection.filled(nbytes, self._loop.time())
        self._work()

    def eof_received(self) -> None:
        self.connection.receive_eof()
        self._work()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.closed.is_set():
            self.connection.receive_eof()
            self._work()
        self._end(f"the connection broke: {exc}" if exc else "the peer closed the connection")

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    # -- the work -------------------------------------------------------------------------------------------------

    def _work(self) -> None:
        try:
            self._drain()
        except RemoteProtocolError as error:
            self._fail(error)
            return
        self.flush()
        if self.connection.state is State.CLOSED:
            self.close("the handshake was declined")

    def _drain(self) -> None:
        next_event = self.connection.next_event
        while True:
            event = next_event()
            if type(event) is Message:
                self.messages += 1
                if event.control is self._known:
                    receiver = self._receiver
                else:
                    receiver = self.node.receiver(event.control)
                    if receiver is not None and not receiver.hears(self.peer):
                        self.node.forged(receiver.peer, self)
                        continue  # not remembered: each is counted
                    self._known, self._receiver = event.control, receiver
                if receiver is not None and (on_raw := receiver.on_raw) is not None:
                    try:
                        on_raw(event.payload, self)
                    except Exception:
                        self.node.log.exception("The handler of %s failed on a message of %s", receiver, self.peer)
                else:
                    self.node.message_came(self, event)
            elif event is NEED_DATA:
                return
            else:
                match event:
                    case Signal(control):
                        self.node.signal_came(self, control)
                    case NameReceived():
                        self.node.name_came(self, event)
                    case AliveAsked():
                        self.connection.insist(self.node.wants(self))
                    case Established():
                        self._schedule()
                        self.node.link_established(self)
                    case Ended():
                        self.close("the peer closed the connection")
                        return
                self.flush()

    def _fail(self, error: RemoteProtocolError) -> None:
        self.error = error
        self.close(f"{error}. {error.hint}" if error.hint else str(error))

    def _end(self, reason: str) -> None:
        if self.closed.is_set():
            return
        self.closed.set(reason)
        self._writable.set()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.node.link_ended(self, reason)

    def _schedule(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        deadline = self.connection.next_deadline()
        self._timer = None if deadline is None or self.closed.is_set() else self._loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        try:
            self.connection.handle_timeout(self._loop.time())
        except (RemoteProtocolError, LocalProtocolError) as error:
            self._fail(cast(RemoteProtocolError, error))
            return
        self.flush()
        self._schedule()

    def __repr__(self) -> str:
        return f"<Link {self.peer} at {self.address} {self.connection.state}>"
