"""A receiver of webhooks for the tests: a small HTTP server in a thread, which keeps what came and answers as told."""

import asyncio
import json
import threading
from collections.abc import Callable
from typing import Any

import msgspec

from tests.api.conftest import PATIENCE


class Message(msgspec.Struct, frozen=True):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]


Reply = tuple[int, bytes] | None
"""status and body; None: never"""


class Receiver:
    """Listens on the loopback; `answer` decides what is said to a message."""

    def __init__(self, answer: Callable[[Message], Reply] = lambda message: (204, b"")) -> None:
        self.answer = answer
        self.got: list[Message] = []
        self.more: dict[str, str] = {}
        """further headers of the answers"""
        self._came = threading.Condition()
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = threading.Thread(target=self._run, name="receiver", daemon=True)
        self._thread.start()
        assert self._ready.wait(PATIENCE)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def wait(self, true: Callable[[list[Message]], bool], patience: float = PATIENCE) -> list[Message]:
        """Wait until something is true of what came."""
        with self._came:
            assert self._came.wait_for(lambda: true(self.got), patience), f"{len(self.got)} messages came"
            return list(self.got)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)

    def _run(self) -> None:
        with asyncio.Runner(loop_factory=lambda: self._loop) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._stop = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.port = int(server.sockets[0].getsockname()[1])
        self._ready.set()
        await self._stop.wait()
        server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._talk(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                lines = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
                headers = {k.lower(): v for k, _, v in (line.partition(": ") for line in lines[1:] if line)}
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                message = Message(lines[0].split()[1], headers, body)
                reply = self.answer(message)
                with self._came:
                    self.got.append(message)
                    self._came.notify_all()
                if reply is None:
                    await asyncio.Event().wait()
                assert reply is not None
                more = "".join(f"{k}: {v}\r\n" for k, v in self.more.items())
                writer.write(
                    f"HTTP/1.1 {reply[0]} X\r\ncontent-length: {len(reply[1])}\r\n{more}\r\n".encode() + reply[1]
                )
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()
