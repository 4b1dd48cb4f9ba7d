"""How quickly is a switch told who may register and what a number means, with 10,000 users in the registry?

Why: FreeSWITCH waits for the answer with the phone's request in its hand, and asks again for every registration and
call. The C node on libei asks with the terms that a real switch sent, 1,000 a second, and times each answer from the
moment when its question was due; so an answer that is late makes the next one late too. The module's own pause of up
to 10 ms before it looks for an answer is left out: it is the same for every answer. Beside it, the limit: an empty
registry, where the question is read and answered with a fixed text.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench import corpus, switch
from bench.report import Row, Table
from bridge.fetch.request import request
from bridge.node import Node
from bridge.session.session import SwitchSession
from bridge.term import decode
from core.capture import read_capture
from core.registry import Registry, reader
from core.registry.ldif import RawEntry
from core.registry.snapshot import EMPTY

COMPANIES, USERS = 20, 500
RATE, SECONDS, ROUNDS = 1000, 4, 3
CUTS = ("p50", "p99")


def measure() -> Table:
    """Ask for a user and for a number, in rounds, of the full registry and of none."""
    full = registry()
    rows = []
    for section in ("directory", "dialplan"):
        term = recorded(section)
        for what, source in ((f"{COMPANIES * USERS:,} users", lambda: full), ("not found", lambda: EMPTY)):
            rounds = [asyncio.run(_round(term, source)) for _ in range(ROUNDS)]
            rows += [Row(f"{section}, {what}, {cut}", [one[cut] / 1000 for one in rounds], "ms") for cut in CUTS]
    about = f"milliseconds from when a fetch was due to its answer at the switch, {RATE:,} fetches/s"
    return Table("fetch", about, rows)


def registry() -> Registry:
    """A registry of 10,000 users in 20 companies, gamma.example of the recording among them."""
    raw = []
    for number in range(COMPANIES):
        domain = f"company{number}.example" if number else "gamma.example"
        base = f"harmonyDomain={domain},dc=telephony"
        raw.append(RawEntry(base, {"objectclass": ["harmonyTenant"], "harmonydomain": [domain]}))
        raw += [_user(base, 1000 + user) for user in range(USERS)]
    entries, findings = reader.read(raw)
    assert not findings
    return Registry.of(entries)


def _user(base: str, number: int) -> RawEntry:
    attributes = {
        "objectclass": ["inetOrgPerson", "harmonyUser"],
        "uid": [str(number)],
        "cn": [f"User {number}"],
        "harmonysippassword": [f"secret-{number}"],
        "harmonypickupgroup": ["sales"],
    }
    return RawEntry(f"uid={number},ou=users,{base}", attributes)


def recorded(section: str) -> bytes:
    """The first fetch of this section that a real switch sent."""
    for record in read_capture(corpus.path("56-xml-fetch")):
        asked = request(decode(record.term))
        if asked is not None and asked.section == section:
            return record.term
    raise AssertionError(f"the recording holds no fetch of {section}")


async def _round(term: bytes, source: Callable[[], Registry]) -> dict[str, int]:
    port = switch.free_port()
    node = Node("harmony@127.0.0.1", switch.COOKIE, epmd_port=port)
    await node.start()
    try:
        async with switch.cnode(port) as peer:
            session = SwitchSession(node, switch.NAME, lambda name, event: None, registry=source)
            running = asyncio.create_task(session.run())
            await asyncio.wait_for(session.joined.wait(), 30)
            with TemporaryDirectory(prefix="harmony-bench-") as directory:
                file = Path(directory) / "fetch"
                file.write_bytes(term)
                peer.tell("eager on")
                peer.tell(f"fetch-recorded {file} {RATE * SECONDS} {RATE}")
                words = (await peer.said("fetches")).split()
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
    finally:
        await node.stop()
    said = dict(zip(words[::2], words[1::2], strict=False))
    if said["missing"] != "0":
        raise RuntimeError(f"{said['missing']} of {said['fetches']} fetches were not answered.")
    return {"p50": int(said["p50"]), "p99": int(said["p99"])}
