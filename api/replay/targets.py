"""Where a replay goes: lines of JSON, a capture file, an HTTP address. Erlang nodes stand in `erlang`."""

import asyncio
import gzip
import http.client
import os
import ssl
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Protocol, cast
from urllib.parse import urlsplit
from uuid import UUID

from api.errors import ApiError, BadArgument
from api.streams.raw import raw_event
from core.capture import CaptureError, TruncatedCapture, packed, read_capture
from core.event import SwitchEvent

BATCH = 100
"""events of one request"""
ATTEMPTS = 4
"""times that a request is made before the replay stops"""
PATIENCE = 30.0
"""seconds for an answer"""


class Refused(ApiError):
    """The target does not take what is sent to it."""

    code = "replay.refused"
    status = 502


class Target(Protocol):
    where: str
    """where to, as part of a sentence"""
    waits_for: str
    """what `start` waits for; empty for nothing that takes long"""

    async def start(self) -> None: ...

    async def send(self, event: SwitchEvent, behind: str) -> None:
        """Take one event, with the cursor behind it."""

    async def settle(self) -> None:
        """Bring what was taken to its end: after this it counts as sent."""

    async def stop(self) -> None: ...


class Lines:
    """Events as lines of JSON."""

    waits_for = ""

    def __init__(self, to: IO[bytes], installation: UUID, where: str = "the standard output") -> None:
        self._to, self._installation, self.where = to, installation, where

    async def start(self) -> None:
        return

    async def send(self, event: SwitchEvent, behind: str) -> None:
        self._to.write(raw_event(event, behind, self._installation) + b"\n")

    async def settle(self) -> None:
        self._to.flush()

    async def stop(self) -> None:
        self._to.flush()


class File:
    """The terms in a capture file, or events as lines of JSON; gzipped when the name ends in `.gz`."""

    waits_for = ""

    def __init__(self, path: Path, installation: UUID, *, lines: bool, go_on: bool) -> None:
        if path.exists() and not go_on:
            raise BadArgument(f"{path} is there already: give another name (with --after it would be gone on with).")
        kind = "lines of JSON" if lines else "a capture"
        self._path, self._installation, self._lines = path, installation, lines
        self._good = _good(path, lines) if path.exists() else 0
        torn = path.stat().st_size - self._good if path.exists() else 0
        self.where = f"the file {path} ({kind}" + (f", behind {torn} torn bytes that are cut off)" if torn else ")")

    async def start(self) -> None:
        if self._path.exists():
            os.truncate(self._path, self._good)
        # Its owner's alone from its first byte on: the events hold what people said and dialled.
        self._file = os.fdopen(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600), "ab")
        zipped = self._path.name.endswith(".gz")
        self._to = cast(IO[bytes], gzip.GzipFile(fileobj=self._file, mode="ab")) if zipped else self._file

    async def send(self, event: SwitchEvent, behind: str) -> None:
        if self._lines:
            self._to.write(raw_event(event, behind, self._installation) + b"\n")
        else:
            self._to.write(packed(event.stored_at, event.term))

    async def settle(self) -> None:
        self._to.flush()

    async def stop(self) -> None:
        self._to.close()
        self._file.close()


def _good(path: Path, lines: bool) -> int:
    """Return how many bytes of a file that is gone on with are whole; a full disk or a kill tears the last record."""
    size = path.stat().st_size
    zipped = path.name.endswith(".gz")
    try:
        if lines:
            with cast(IO[bytes], (gzip.open if zipped else open)(path, "rb")) as file:
                good = sum(len(line) for line in file if line.endswith(b"\n"))
            return size if zipped else good
        for _ in read_capture(path) if size else ():
            pass
    except (TruncatedCapture, EOFError) as torn:
        if not zipped and isinstance(torn, TruncatedCapture):
            return torn.offset
        raise BadArgument(f"{path} ends in the middle of its gzip stream: give another name.") from None
    except (CaptureError, OSError, zlib.error) as problem:
        raise BadArgument(f"{path} cannot be gone on with: {problem}") from None
    return size


class Http:
    """Events as batches of CloudEvents (JSON), each a POST; tried again a few times, then the replay stops."""

    waits_for = ""

    def __init__(self, url: str, installation: UUID, headers: Mapping[str, str], pause: float = 1.0) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadArgument(f"{url!r} is no address to send to: write http://host/path or https://host/path.")
        self.where = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        self._parts, self._installation, self._pause = parts, installation, pause
        self._headers = {
            "Content-Type": "application/cloudevents-batch+json",
            "User-Agent": "harmony-replay",
            "Harmony-Replay": "true",
            **headers,
        }
        self._waiting: list[bytes] = []
        self._connection: http.client.HTTPConnection | None = None

    async def start(self) -> None:
        return

    async def send(self, event: SwitchEvent, behind: str) -> None:
        self._waiting.append(raw_event(event, behind, self._installation))
        if len(self._waiting) >= BATCH:
            await self.settle()

    async def settle(self) -> None:
        if not self._waiting:
            return
        body = b"[" + b",".join(self._waiting) + b"]"
        for attempt in range(1, ATTEMPTS + 1):
            says = await asyncio.to_thread(self._post, body)
            if says is None:
                self._waiting.clear()
                return
            if attempt < ATTEMPTS:
                await asyncio.sleep(self._pause * attempt)
        raise Refused(f"{self.where} did not take {len(self._waiting)} events in {ATTEMPTS} attempts: {says}.")

    async def stop(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _post(self, body: bytes) -> str | None:
        """Why it was not taken; None when it was."""
        try:
            if self._connection is None:
                self._connection = self._connect()
            path = self._parts.path or "/"
            query = f"?{self._parts.query}" if self._parts.query else ""
            self._connection.request("POST", path + query, body, self._headers)
            answer = self._connection.getresponse()
            answer.read()
        except (OSError, http.client.HTTPException, ValueError) as problem:
            if self._connection is not None:
                self._connection.close()
                self._connection = None
            return str(problem) or type(problem).__name__
        return None if 200 <= answer.status < 300 else f"it answered {answer.status} {answer.reason}"

    def _connect(self) -> http.client.HTTPConnection:
        host, port = self._parts.hostname or "", self._parts.port
        if self._parts.scheme == "https":
            return http.client.HTTPSConnection(host, port, timeout=PATIENCE, context=ssl.create_default_context())
        return http.client.HTTPConnection(host, port, timeout=PATIENCE)
