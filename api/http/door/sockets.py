"""WebSockets within bounds: the handshake in time, messages of few frames, no answer to pings that nobody reads."""

import asyncio
import logging
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import Frame

from api.http.door.places import Places

TOO_BIG = 1009
"""RFC 6455, section 7.4.1"""


class BoundedSocket(WebSocketsSansIOProtocol):
    places: Places

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.places.works(self.transport)
        self._deadline = self.loop.call_later(self.places.bounds.handshake_time, self._late)

    def connection_lost(self, exc: Exception | None) -> None:
        self._deadline.cancel()
        self.places.leave(self.transport)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():
            super().data_received(data)

    def handle_cont(self, event: Frame) -> None:
        if len(self.frames) >= self.places.bounds.fragments:
            self.conn.fail(TOO_BIG, "a message of too many frames")
            self.handle_parser_exception()
            return
        super().handle_cont(event)

    def handle_ping(self) -> None:
        """Who does not read what is sent to him gets no answers either, which would only be kept for him."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def handle_parser_exception(self) -> None:
        if self.conn.close_sent is None:  # the handshake was not one
            self.transport.abort()
            return
        super().handle_parser_exception()

    def _late(self) -> None:
        if not self.handshake_complete:
            self.transport.abort()


def no_refusal(record: logging.LogRecord) -> bool:
    """A WebSocket that is refused with an answer of HTTP is no error, though uvicorn's protocol says so of each."""
    return str(record.msg) != "ASGI callable returned without completing handshake."


def socket_protocol(places: Places) -> type[BoundedSocket]:
    """The protocol of a server's WebSockets."""
    known: dict[str, Any] = {"places": places}
    return type("SocketProtocol", (BoundedSocket,), known)
