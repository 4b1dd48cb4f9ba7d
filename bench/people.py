"""How long after an event is stored does the lamp of a person change in a browser, with 200 persons of one company?

Why: whoever hands a call over looks at the lamps, and a lamp that is late sends callers to phones that are busy.
`harmony serve` and `harmony project` run as they do for a site, with a registry of 200 users; their phones register
and go, 20 a second, and readers follow the stream of live calls with its people, as browsers do. A change of state is a
phone that comes or goes; a call would change two lamps by the same way. The clock is one and the same.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory

import psycopg

from bench import servers, stream
from bench.report import Row, Table
from bridge.term import Atom, encode
from core.log import EventLog, Incoming

PERSONS, READERS, RATE, SECONDS, ROUNDS = 200, 20, 20, 10, 3
DOMAIN, SWITCH = "alpha.example", "freeswitch@bench"
_CORE = "c0ffee00-0000-4000-8000-0000000000bb"
_STORED = """
    SELECT (extract(epoch FROM stored_at) * 1e6)::bigint FROM log.switch_event
    WHERE topic LIKE 'CUSTOM sofia::%' ORDER BY position
"""


def measure() -> Table:
    """Some rounds of phones that come and go."""
    with servers.database() as dsn, TemporaryDirectory(prefix="harmony-bench-") as directory:
        (Path(directory) / "registry.ldif").write_text("\n".join(_registry()), encoding="utf-8")
        with stream._harmony(dsn, Path(directory)) as (port, token, pid):
            readers = [_Reader(port, token) for _ in range(READERS)]
            for one in readers:
                one.ready.wait(30)
            begin, terms = stream._used(pid), _terms()
            waits = [_round(dsn, readers, terms) for _ in range(ROUNDS)]
            used = (stream._used(pid) - begin) / (ROUNDS * SECONDS)
    rows = [
        Row(
            f"{RATE} changes a second, stored to seen, {label}", [quantiles(found, n=100)[cut] for found in waits], "ms"
        )
        for label, cut in (("p50", 49), ("p99", 98))
    ]
    notes = [
        f"the first picture: {readers[0].first / 1000:.0f} kB of JSON; server used {used:.2f} of a core",
    ]
    about = f"milliseconds until {READERS} readers see that one of {PERSONS} persons is there or not"
    return Table("people", about, rows, notes=notes)


class _Reader(threading.Thread):
    """Follows the stream, and notes when what came of whom."""

    def __init__(self, port: int, token: str) -> None:
        super().__init__(daemon=True)
        self.ready, self.first = threading.Event(), 0
        self.seen: list[int] = []
        """when each change came, µs since the epoch, in order"""
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/v1/live/stream?people=true", headers={"Authorization": f"Bearer {token}"})
        self._answer = connection.getresponse()
        self.start()

    def run(self) -> None:
        name = b""
        for line in self._answer:
            if line.startswith(b"event: "):
                name = line[7:].strip()
            elif line.startswith(b"data: "):
                if name == b"people" and len(json.loads(line[6:])) == PERSONS:
                    self.first = len(line)
                    self.ready.set()
                elif name == b"person":
                    self.seen.append(time.time_ns() // 1000)


def _round(dsn: str, readers: list[_Reader], terms: Iterator[bytes]) -> list[float]:
    """Milliseconds from stored to seen, of all readers: what is told comes in the order in which it was stored."""
    before = [len(one.seen) for one in readers]
    with EventLog(dsn) as log:
        begin = time.monotonic()
        for number in range(RATE * SECONDS):
            time.sleep(max(0.0, begin + number / RATE - time.monotonic()))
            log.append([Incoming(SWITCH, next(terms), time.time_ns() // 1000)])
    deadline = time.monotonic() + 10
    while any(len(one.seen) < had + RATE * SECONDS for one, had in zip(readers, before, strict=True)):
        if time.monotonic() > deadline:
            raise RuntimeError("Not every change of state came to every reader.")
        time.sleep(0.05)
    with psycopg.connect(dsn) as connection:
        stored = [row[0] for row in connection.execute(_STORED).fetchall()][-RATE * SECONDS :]
    return [
        (at - since) / 1000
        for one, had in zip(readers, before, strict=True)
        for at, since in zip(one.seen[had:], stored, strict=True)
    ]


def _terms() -> Iterator[bytes]:
    """Phones that register, one after another, and go in the same order."""
    sequence = 0
    while True:
        for kind in ("register", "unregister"):
            for number in range(PERSONS):
                sequence += 1
                yield _term(sequence, f"sofia::{kind}", str(1000 + number))


def _term(sequence: int, subclass: str, user: str) -> bytes:
    headers = {
        "Event-Name": "CUSTOM",
        "Core-UUID": _CORE,
        "Event-Date-Timestamp": str(time.time_ns() // 1000),
        "Event-Sequence": str(sequence),
        "Event-Subclass": subclass,
        "contact": f"sip:{user}@10.0.0.1",
        "call-id": user,
        "expires": "3600",
        "realm": DOMAIN,
    }
    headers |= {
        f"{side}-{what}": value for side in ("to", "from") for what, value in (("user", user), ("host", DOMAIN))
    }
    pairs = [(name.encode(), value.encode()) for name, value in headers.items()]
    return encode((Atom("event"), [Atom("undefined"), *pairs]))


def _registry() -> Iterator[str]:
    yield "dn: dc=telephony\nobjectClass: dcObject\nobjectClass: organization\ndc: telephony\no: Telephony\n"
    base = f"harmonyDomain={DOMAIN},dc=telephony"
    yield f"dn: {base}\nobjectClass: harmonyTenant\nharmonyDomain: {DOMAIN}\no: Alpha\n"
    for number in range(1000, 1000 + PERSONS):
        yield (
            f"dn: uid={number},ou=users,{base}\nobjectClass: inetOrgPerson\nobjectClass: harmonyUser\nuid: {number}\n"
            f"cn: Person {number}\nsn: Person\n"
        )
