"""How long after an event is stored does a subscriber see it, with 1,000 of them at 500 events a second?

Why: a subscription is worth having when it is quicker than asking. `harmony serve` and `harmony project` run as they do
for a site; the subscribers are sockets in a process of their own. Two loads: 500 switch events a second are stored, so
that each is folded and what follows from it published; and 500 events a second are published, straight into the call
log, which is what some 60 calls a second would do. `filtered`: each subscriber asks for a party of its own, and an
event concerns two of them; `unfiltered`: each gets everything. The clock is one and the same.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID, uuid4

import psycopg

from api.access import installation_token
from bench import corpus, servers
from bench.report import Row, Table
from bench.switch import free_port
from core.log import EventLog, Incoming

SUBSCRIBERS = int(os.environ.get("HARMONY_BENCH_SUBSCRIBERS", "1000"))
RATE = 500
SECONDS = 10
ROUNDS = 3
STEP = 0.02
"""seconds from one batch of events to the next"""
FIRST_PARTY = 1000
_PARTY = re.compile(rb"(?<![\d.])100[1-6](?![\d.])")
_PUBLISH = """
    INSERT INTO log.call_event (originator_id, originator_version, topic, state, event_id, tenant, occurred_at,
        caused_position, subject, call_id, direction, parties)
    VALUES (%s, 1, 'call.answered', %s, %s, 'alpha.example', clock_timestamp(), 1, %s, %s, 'internal', %s)
"""


def measure() -> Table:
    """Each load with each kind of subscriber."""
    rows, notes = [], []
    for load, works in (("stored", _store), ("published", _publish)):
        for kind in ("filtered", "unfiltered"):
            with servers.database() as dsn, TemporaryDirectory(prefix="harmony-bench-") as directory:
                with _harmony(dsn, Path(directory)) as (port, token, pid):
                    rounds = [_round(dsn, port, token, kind, works, pid) for _ in range(ROUNDS)]
                times = _times(dsn)
            for since in ("stored", "published")[load == "published" :]:
                waits = [
                    [(at - times[position][since == "published"]) / 1000 for position, at in seen if position in times]
                    for seen, _, _ in rounds
                ]
                for label, cut in (("p50", 49), ("p99", 98)):
                    name = f"{RATE} {load} a second, {kind}: {since} to seen, {label}"
                    rows.append(Row(name, [quantiles(found, n=100)[cut] for found in waits], "ms"))
            rate = sum(figure for _, figure, _ in rounds) / ROUNDS / SECONDS
            used = sum(figure for _, _, figure in rounds) / ROUNDS / SECONDS
            notes.append(f"{load}, {kind}: {rate / 1e6:.1f} MB/s to subscribers, server used {used:.2f} of a core")
    about = f"milliseconds to {SUBSCRIBERS:,} subscribers, all parts on this machine"
    return Table("stream", about, rows, notes=notes)


def _round(
    dsn: str, port: int, token: str, kind: str, work: Callable[[str, float], None], pid: int
) -> tuple[list[tuple[int, int]], int, float]:
    """What was seen of one load: positions with times, bytes, and seconds of processor time of the server."""
    command = [sys.executable, "-m", "bench.stream_client", "127.0.0.1", str(port), token, str(SUBSCRIBERS), kind]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as client:
        assert client.stdin is not None
        assert client.stdout is not None
        if client.stdout.readline().strip() != "ready":
            raise RuntimeError("The subscribers did not get their streams.")
        begin = _used(pid)
        work(dsn, SECONDS)
        time.sleep(1)
        used = _used(pid) - begin
        told = json.loads(client.communicate("\n", timeout=60)[0])
    return [tuple(one) for one in told["seen"]], told["bytes"], used


def _used(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _store(dsn: str, seconds: float) -> None:
    """Store recorded calls as new ones, between parties all over the range."""
    with EventLog(dsn) as log:
        _paced(lambda terms: log.append([Incoming("freeswitch@pbx1", t, 0) for t in terms]), _calls(), seconds)


def _calls() -> Iterator[bytes]:
    for seed in count(time.time_ns()):
        chance = random.Random(seed)
        scenario = chance.choice(corpus.scenarios())
        new: dict[bytes, bytes] = {}

        def party(found: re.Match[bytes], new: dict[bytes, bytes] = new, chance: random.Random = chance) -> bytes:
            return new.setdefault(found[0], b"%d" % (FIRST_PARTY + chance.randrange(SUBSCRIBERS)))

        def identity(found: re.Match[bytes], new: dict[bytes, bytes] = new, chance: random.Random = chance) -> bytes:
            return new.setdefault(found[0], str(UUID(int=chance.getrandbits(128))).encode())

        for term in corpus.terms(scenario):
            yield _PARTY.sub(party, corpus._UUID.sub(identity, term))


def _publish(dsn: str, seconds: float) -> None:
    """Publish events as the projection does, a transaction a batch."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        _paced(lambda events: _publish_batch(connection, events), _answers(), seconds)


def _answers() -> Iterator[tuple[Any, ...]]:
    while True:
        call, event = uuid4(), str(uuid4())
        parties = [str(FIRST_PARTY + random.randrange(SUBSCRIBERS)) for _ in range(2)]
        state = {"event_id": event, "type": "call.answered", "call_id": str(call), "caused_position": 1}
        data = state | {"data": {"by": parties[1], "to": parties[0]}}
        yield call, json.dumps(data).encode(), event, str(call), str(call), parties


def _publish_batch(connection: psycopg.Connection[Any], events: list[tuple[Any, ...]]) -> None:
    with connection.transaction(), connection.cursor() as cursor:
        for event in events:
            cursor.execute(_PUBLISH, event)
        cursor.execute("NOTIFY harmony_calls")


def _paced(do: Callable[[list[Any]], object], items: Iterator[Any], seconds: float) -> None:
    begin, done = time.monotonic(), 0
    while (now := time.monotonic() - begin) < seconds:
        due = int(now * RATE) - done
        if due:
            do([next(items) for _ in range(due)])
            done += due
        time.sleep(max(0.0, STEP - (time.monotonic() - begin) % STEP))


@contextmanager
def _harmony(dsn: str, directory: Path) -> Iterator[tuple[int, str, int]]:
    """`harmony serve` and `harmony project`: the port, the token, and the server's process id."""
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("HARMONY_")}
    environment |= {"HARMONY_DATA": str(directory), "HARMONY_DSN": dsn, "HARMONY_HTTP_PORT": str(port)}
    token = installation_token.ensure(directory, anew=True)
    assert token is not None
    command = [sys.executable, "-m", "api.cli"]
    with open(directory / "log", "w+") as told:
        parts = [
            subprocess.Popen([*command, part], env=environment, stdout=told, stderr=told)
            for part in ("serve", "project")
        ]
        try:
            deadline = time.monotonic() + 60
            while "startup complete" not in (directory / "log").read_text():
                if time.monotonic() > deadline:
                    raise RuntimeError(f"`harmony serve` does not come up: {(directory / 'log').read_text()}")
                time.sleep(0.1)
            yield port, token, parts[0].pid
        finally:
            for part in parts:
                part.terminate()
            for part in parts:
                part.wait()


def _times(dsn: str) -> dict[int, tuple[int, int]]:
    """When the cause of each published event was stored, and when it was published: µs since the epoch."""
    query = """
        SELECT c.position, (extract(epoch FROM s.stored_at) * 1e6)::bigint,
            (extract(epoch FROM c.published_at) * 1e6)::bigint
        FROM log.call_event c LEFT JOIN log.switch_event s ON s.position = c.caused_position
    """
    with psycopg.connect(dsn) as connection:
        return {row[0]: (row[1], row[2]) for row in connection.execute(query)}
