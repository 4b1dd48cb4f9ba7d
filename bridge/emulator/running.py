"""Running the emulated switch as a process of its own does: the shipped recordings, until told to stop."""

from __future__ import annotations

import asyncio
import logging
import threading
from typing import Final

from bridge import demo
from bridge.emulator.scene import Scene, read_scene
from bridge.emulator.switch import EmulatedSwitch
from bridge.node import Node
from core.capture import read_capture

LOG: Final = logging.getLogger("harmony.emulator")


def load_scenes() -> list[Scene]:
    """Read the recordings that travel with the package; takes a second or two."""
    return [
        read_scene(
            path.name.removesuffix(".etf.gz"), ((record.received_at, record.term) for record in read_capture(path))
        )
        for path in demo.recordings()
    ]


def emulate(
    name: str, cookie: str, stop: threading.Event, *, speed: float = 1.0, lines: int = 4, ticktime: float = 60
) -> None:
    """Run an emulated switch under this node name until ``stop`` is set; raise `NodeError` when it cannot start."""
    asyncio.run(_emulate(name, cookie, stop, speed, lines, ticktime))


async def _emulate(name: str, cookie: str, stop: threading.Event, speed: float, lines: int, ticktime: float) -> None:
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    scenes = await loop.run_in_executor(None, load_scenes)
    switch = EmulatedSwitch(Node(name, cookie, ticktime=ticktime), scenes, speed=speed, lines=lines)
    threading.Thread(target=_wait, args=(stop, loop, ending), name="emulator-stop", daemon=True).start()
    LOG.info("The emulated switch %s plays %d recorded calls on %d lines", name, len(scenes), lines)
    await switch.run(ending)


def _wait(stop: threading.Event, loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    stop.wait()
    if not loop.is_closed():
        loop.call_soon_threadsafe(ending.set)
