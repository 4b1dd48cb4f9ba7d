"""The open ports of a node under mutated real traffic and random bytes: it lives, does not grow, and serves as before.

A few seconds here; for as long as one likes by hand, with the seed that it prints at a failure:

    HARMONY_FUZZ_SECONDS=600 HARMONY_FUZZ_SEED=1 scripts/rings tests/bridge/test_fuzz_ports.py -s
"""

from __future__ import annotations

import contextlib
import os
import random
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.dist import NEED_DATA, Connection, Established, Identity
from bridge.dist import control as controls
from bridge.epmd import Registered, protocol
from bridge.errors import RemoteProtocolError, TermError
from bridge.term import Atom, Pid, Ref, String, Term, decode_prefix, encode
from tests.bridge.dist.test_fuzz import TO_LEFT, TO_RIGHT
from tests.bridge.fuzzed import FUZZER, SWITCH
from tests.fix_switch import COOKIE, StartSwitch, events_of, eventually
from tests.ports import free_port

pytestmark = pytest.mark.erlang

SECONDS = float(os.environ.get("HARMONY_FUZZ_SECONDS", "4"))
SEED = int(os.environ.get("HARMONY_FUZZ_SEED", "0")) or random.SystemRandom().randrange(1, 1 << 31)
HOST, TOP = "127.0.0.1", Path(__file__).resolve().parents[2]
MEGABYTE = 1 << 20
ROOM = 48 * MEGABYTE
"""what it may have more at the end: buffers and the allocator's leavings, not one of thousands of connections"""


class Target:
    """The process that is attacked."""

    def __init__(self, epmd_port: int) -> None:
        self.epmd_port = epmd_port
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.bridge.fuzzed", str(epmd_port)],
            cwd=TOP, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.port = int(self.heard("port"))

    def heard(self, word: str) -> str:
        assert self.process.stdout is not None
        line = self.process.stdout.readline().split()
        assert line[:1] == [word], (line, self.process.poll())
        return line[-1]

    def tell(self, line: str, answer: str) -> str:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.heard(answer)

    def memory(self) -> int:
        """Bytes of RAM."""
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")

    def files(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))


@pytest.fixture
def target() -> Iterator[Target]:
    one = Target(free_port())
    yield one
    one.process.kill()
    one.process.communicate()


@pytest.fixture
def epmd_port(target: Target) -> int:
    """The switch registers with the epmd that was attacked."""
    return target.epmd_port


class Fuzzer:
    """One attacker with its dice; `step` does one thing."""

    def __init__(self, target: Target, seed: int) -> None:
        self.target, self.dice = target, random.Random(seed)
        self.waiting: list[socket.socket] = []
        self.done = dict.fromkeys(("handshake", "epmd", "connected", "terms"), 0)
        self.corpus = [encode(term) for term in TERMS] + events_of("01-answered-caller-hangs-up")[:60]

    def step(self) -> None:
        kind = self.dice.choices(("handshake", "epmd", "connected", "terms"), (4, 3, 2, 6))[0]
        self.done[kind] += 1
        getattr(self, kind)()
        while len(self.waiting) > 400:  # more than the node lets wait
            self.waiting.pop(0).close()

    def handshake(self) -> None:
        self.say(self.target.port, self.changed(self.dice.choice([TO_RIGHT, TO_LEFT, REQUESTS[0], b""])))

    def epmd(self) -> None:
        self.say(self.target.epmd_port, self.changed(self.dice.choice(REQUESTS)))

    def terms(self) -> None:
        """The decoder by itself: a term or its own error."""
        with contextlib.suppress(TermError):
            decode_prefix(self.changed(self.dice.choice(self.corpus)))

    def connected(self) -> None:
        """A peer with the cookie that has lost its mind."""
        with contextlib.suppress(OSError), socket.create_connection((HOST, self.target.port), 10) as link:
            up = shake_hands(link)
            if up is None:
                return
            for _ in range(self.dice.randrange(1, 40)):
                control = self.dice.choice(CONTROLS)
                message = self.dice.choice(self.corpus) if isinstance(control, controls.WITH_MESSAGE) else None
                frame = up.send(control, message)
                match self.dice.randrange(4):
                    case 0:
                        frame = frame[:4] + self.changed(frame[4:], length=True)
                    case 1:
                        body = self.dice.choice([b"p", b"p\x83", b""]) + self.dice.randbytes(self.dice.randrange(60))
                        frame = len(body).to_bytes(4, "big") + body
                    case 2 if self.dice.random() < 0.05:
                        frame = struct.pack(">I", self.dice.choice([1 << 26, 1 << 27, (1 << 32) - 1])) + frame
                link.sendall(frame)
            link.setblocking(False)
            with contextlib.suppress(OSError):
                link.recv(65_536)

    def say(self, port: int, data: bytes) -> None:
        """Say it in pieces; then go, go without a good-bye, or stay."""
        one = socket.create_connection((HOST, port), 10)
        try:
            cut = self.dice.randrange(len(data) + 1)
            one.sendall(data[:cut])
            if self.dice.random() < 0.8:
                one.sendall(data[cut:])
            match self.dice.randrange(4):
                case 0:
                    self.waiting.append(one)
                    return
                case 1:
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                case 2:
                    one.shutdown(socket.SHUT_WR)
                    one.recv(4096)
        except OSError:  # it closed first
            pass
        one.close()

    def changed(self, data: bytes, *, length: bool = False) -> bytes:
        """Some bytes otherwise, cut, doubled, or all by chance; with ``length`` it keeps its own."""
        dice, result = self.dice, bytearray(data)
        for _ in range(dice.randrange(6)):
            if result:
                result[dice.randrange(len(result))] = dice.choice([0, 1, 255, dice.randrange(256)])
        if not length:
            match dice.randrange(6):
                case 0:
                    result = result[: dice.randrange(len(result) + 1)]
                case 1:
                    at = dice.randrange(len(result) + 1)
                    result[at:at] = dice.randbytes(dice.randrange(200))
                case 2:
                    result = bytearray(dice.randbytes(dice.randrange(2_000)))
        return bytes(result)

    def end(self) -> None:
        for one in self.waiting:
            one.close()


def shake_hands(link: socket.socket) -> Connection | None:
    """The real handshake, as a node that is admitted."""
    us, now = Identity(FUZZER, 7), 0.0
    up = Connection.initiator(us, "fuzzed@127.0.0.1", cookie=COOKIE.encode(), challenge=7, now=now)
    while True:
        link.sendall(up.data_to_send())
        data = link.recv(65_536)
        if not data:
            return None
        up.receive_data(data, now)
        try:
            while (event := up.next_event()) is not NEED_DATA:
                if isinstance(event, Established):
                    return up
        except RemoteProtocolError:  # the link before is still being ended
            return None
        if up.state.name == "ASKED_ALIVE":
            up.insist(True)


ME, YOU = Pid(Atom(FUZZER), 1, 0, 7), Pid(Atom("fuzzed@127.0.0.1"), 3, 0, 1)
REF = Ref(Atom(FUZZER), 7, (1, 2, 3))
_CALL: Term = (Atom("$gen_call"), (ME, REF), (Atom("call"), Atom("m"), Atom("f"), [1], ME))
TERMS: list[Term] = [
    _CALL,
    (Atom("$gen_call"), (ME, REF), (Atom("is_auth"), Atom(FUZZER))),
    [REF, Atom("m"), Atom("f"), [1, 2.5, String(b"abc"), {Atom("a"): b"b"}]],
    (Atom("event"), [Atom("undefined"), (String(b"Event-Name"), String(b"HEARTBEAT"))]),
]
CONTROLS = (
    controls.Send(YOU), controls.RegSend(ME, Atom("ear")), controls.RegSend(ME, Atom("eye")),
    controls.RegSend(ME, Atom("rex")), controls.RegSend(ME, Atom("net_kernel")), controls.Link(ME, YOU),
    controls.UnlinkId(1, ME, YOU), controls.Exit(ME, YOU, Atom("x")), controls.Exit2(ME, YOU, Atom("kill")),
    controls.MonitorP(ME, Atom("ear"), REF), controls.DemonitorP(ME, Atom("ear"), REF),
    controls.SpawnRequest(REF, ME, ME, Atom("erpc"), Atom("execute_call"), 4, (Atom("monitor"), Atom("link"))),
)  # fmt: skip
REQUESTS = (
    protocol.build_names(), protocol.build_port_please("fuzzed"), protocol.build_alive(Registered("other", 1234)),
)  # fmt: skip


async def test_nothing_that_strangers_say_harms_the_node(target: Target, start_switch: StartSwitch) -> None:
    fuzzer = Fuzzer(target, SEED)
    for _ in range(1_500):  # so that what it needs anyhow is there
        fuzzer.step()
    memory, deadline, steps, most = target.memory(), time.monotonic() + SECONDS, 0, 0
    while time.monotonic() < deadline or steps < 500:
        fuzzer.step()
        steps += 1
        if steps % 200 == 0:
            assert target.process.poll() is None, f"seed {SEED}"
            most = max(most, target.files())
    fuzzer.end()
    assert most < 700, f"seed {SEED}: {most} open files"  # 256 that wait at each of the two ports, and its own
    turned = int(target.tell("turned", "turned"))
    assert turned > 0
    grown = target.memory() - memory
    print(f"\nseed {SEED}: {fuzzer.done}, {turned} not let in, {most} files, {grown / MEGABYTE:+.1f} MB")  # noqa: T201
    assert grown < ROOM, f"seed {SEED}: {grown} bytes more"
    await eventually(lambda: target.files() < 30)
    switch = await start_switch(SWITCH)
    target.tell(f"join {SWITCH}", "joined")
    before = int(target.tell("events", "events"))
    await switch.tell("event HEARTBEAT - -", "fired")
    await eventually(lambda: int(target.tell("events", "events")) > before)
