"""How long after a switch emits an event can somebody see the call over HTTP, at 1,000 events a second?

Why: a live board that lags is worse than none. `harmony run` runs as it would for a site, all its processes on this
machine; the C node emits at a steady rate and stamps each event with the time; a client reads the live stream. The
clock is one and the same. A change is timed from the newest event that it shows.
"""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import httpx
import msgspec
import psycopg

from bench import servers, switch
from bench.report import Row, Table

RATE = 1000
SECONDS = 8
ROUNDS = 3


class Seen(msgspec.Struct, frozen=True):
    """One change of a call as the client got it."""

    call_id: str
    last_position: int
    at: int
    """µs since the epoch"""


def measure() -> Table:
    """Run everything, flood in rounds, compare times."""
    with servers.database() as dsn, TemporaryDirectory(prefix="harmony-bench-") as directory:
        rounds = asyncio.run(_rounds(dsn, Path(directory)))
        emitted = _emitted(dsn)
    rows = []
    for name, times in (
        ("event emitted to new call seen", [_first_sights(seen, emitted) for seen in rounds]),
        ("event emitted to change seen", [_changes(seen, emitted) for seen in rounds]),
    ):
        for label, cut in (("p50", 49), ("p99", 98)):
            rows.append(Row(f"{name}, {label}", [quantiles(found, n=100)[cut] for found in times], "ms"))
    calls = sum(len({seen.call_id for seen in found}) for found in rounds)
    notes = [f"{calls:,} calls, {sum(map(len, rounds)):,} changes seen in {ROUNDS} rounds of {SECONDS} s"]
    return Table("latency", f"milliseconds at {RATE:,} events/s, all parts on this machine", rows, notes=notes)


async def _rounds(dsn: str, directory: Path) -> list[list[Seen]]:
    epmd, http = switch.free_port(), switch.free_port()
    async with _harmony(dsn, directory, epmd, http) as token:
        await asyncio.to_thread(_until_open, epmd)
        async with switch.cnode(epmd) as peer:
            await asyncio.wait_for(peer.said("subscribed"), 30)
            found = []
            for _ in range(ROUNDS):
                seen: list[Seen] = []
                ready = asyncio.Event()
                watching = asyncio.create_task(_watch(f"http://127.0.0.1:{http}", token, seen, ready))
                await asyncio.wait_for(ready.wait(), 30)
                peer.flood(RATE * SECONDS, RATE)
                await peer.said("flooded")
                await asyncio.sleep(1)
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
                found.append(seen)
    return found


@asynccontextmanager
async def _harmony(dsn: str, directory: Path, epmd: int, http: int) -> AsyncIterator[str]:
    """`harmony run` for the C node; yields the access token."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("HARMONY_")},
        "ERL_EPMD_PORT": str(epmd),
        "HARMONY_DATA": str(directory / "data"),
        "HARMONY_DSN": dsn,
        "HARMONY_HTTP_PORT": str(http),
        "HARMONY_NODE": "harmony@127.0.0.1",
        "HARMONY_COOKIE": switch.COOKIE,
        "HARMONY_SWITCHES": switch.NAME,
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "api.cli", "run"),
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        assert process.stdout is not None
        while line := (await asyncio.wait_for(process.stdout.readline(), 60)).decode():
            if line.startswith("Access token: "):
                yield line.split()[2]
                return
        raise RuntimeError("`harmony run` ended before it said its token.")
    finally:
        process.terminate()
        await process.wait()


def _until_open(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(300):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.1)
    raise RuntimeError(f"Nobody listens on port {port}: the bridge brought up no epmd.")


async def _watch(address: str, token: str, seen: list[Seen], ready: asyncio.Event) -> None:
    """Read the live stream, noting when each change came."""
    headers = {"Authorization": f"Bearer {token}"}
    async with (
        httpx.AsyncClient(headers=headers, timeout=30) as client,
        client.stream("GET", f"{address}/v1/live/stream") as answer,
    ):
        answer.raise_for_status()
        kind = ""
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: ") and kind in ("call", "ended"):
                call = json.loads(line[6:])
                now = time.time_ns() // 1000
                seen.append(Seen(call["call_id"], call["last_position"], now))
            elif line.startswith("data: ") and kind == "snapshot":
                ready.set()


def _emitted(dsn: str) -> dict[int, int]:
    """When the switch made the event of each position, µs since the epoch."""
    with psycopg.connect(dsn) as connection:
        query = "SELECT position, (extract(epoch FROM occurred_at) * 1e6)::bigint FROM log.switch_event"
        return dict(connection.execute(query).fetchall())


def _changes(seen: Sequence[Seen], emitted: dict[int, int]) -> list[float]:
    """Milliseconds from the newest event that a change shows to its sight."""
    return [(change.at - emitted[change.last_position]) / 1000 for change in seen]


def _first_sights(seen: Sequence[Seen], emitted: dict[int, int]) -> list[float]:
    """The same for the first change of each call alone."""
    first: dict[str, Seen] = {}
    for change in seen:
        first.setdefault(change.call_id, change)
    return _changes(list(first.values()), emitted)
