"""Child processes kept running: started, started again with back-off, stopped cleanly, and never left behind.

A child gets a pipe as its standard input that nobody writes to. When the supervisor is gone, however it went, the pipe
closes; `watch_parent` in the child then stops it, politely first. On Linux the kernel's parent-death signal does
the same at once.
"""

import contextlib
import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from types import FrameType

import msgspec

LOG = logging.getLogger("harmony.run")
FIRST_DELAY, LONGEST_DELAY, SETTLED = 0.5, 30.0, 60.0
"""Seconds: before the first restart, at most, and of life after which a part counts as healthy again."""
GRACE = 40.0
"""Seconds that a part has to stop before it is killed; the bridge takes up to 20 to bring what waits to safety."""
PR_SET_PDEATHSIG = 1


class Part(msgspec.Struct, frozen=True):
    name: str
    arguments: list[str]
    """Of `harmony`."""


class _Child:
    def __init__(self, part: Part) -> None:
        self.part = part
        self.process: subprocess.Popen[bytes] | None = None
        self.started = 0.0
        self.delay = FIRST_DELAY
        self.next_start = 0.0

    def start(self) -> None:
        command = [sys.executable, "-m", "api.cli", *self.part.arguments, "--supervised"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)
        self.started = time.monotonic()

    def check(self) -> None:
        """Notice an end and plan the next start."""
        if self.process is None or (code := self.process.poll()) is None:
            return
        now = time.monotonic()
        self.delay = FIRST_DELAY if now - self.started > SETTLED else min(self.delay * 2, LONGEST_DELAY)
        self.next_start = now + self.delay
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        LOG.warning("%s %s; it starts again in %.1f s", self.part.name, how, self.delay)
        self.close()

    def close(self) -> None:
        """Let go of a process that has ended."""
        if self.process is not None and self.process.stdin is not None:
            self.process.stdin.close()
        self.process = None

    def signal(self, number: int) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)


class Supervisor:
    """Runs parts until SIGTERM or SIGINT, or until `stop`. Must be used on the main thread, which owns the signals."""

    def __init__(self, parts: Sequence[Part]) -> None:
        self._children = [_Child(part) for part in parts]
        self._stopping = threading.Event()

    def run(self, started: Callable[[], None] = lambda: None) -> None:
        """`started` is called once all parts have been started for the first time."""
        previous = {n: signal.signal(n, self._on_signal) for n in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)}
        try:
            for child in self._children:
                child.start()
            started()
            while not self._stopping.wait(0.1):
                for child in self._children:
                    child.check()
                    if child.process is None and time.monotonic() >= child.next_start:
                        child.start()
        finally:
            self._stop_all()
            for number, handler in previous.items():
                signal.signal(number, handler)

    def stop(self) -> None:
        self._stopping.set()

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stopping.set()

    def _stop_all(self) -> None:

        for child in self._children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + GRACE
        for child in self._children:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.1, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                LOG.warning("%s did not stop within %.0f s and is killed", child.part.name, GRACE)
                child.process.kill()
                child.process.wait()
            child.close()


def watch_parent() -> None:
    """In a supervised child: stop when the supervisor is gone. Call it first thing, on the main thread."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    threading.Thread(target=_wait_for_parent, name="watch parent", daemon=True).start()


def _wait_for_parent() -> None:
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(GRACE)
    os._exit(1)
