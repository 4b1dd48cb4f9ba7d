"""Running the emulated switch as a process of its own does: phones and recordings, until told to stop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from random import Random
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
    name: str,
    cookie: str,
    stop: threading.Event,
    *,
    users: Sequence[tuple[str, str]] = (),
    speed: float = 1.0,
    lines: int = 4,
    ticktime: float = 60,
    seed: int | None = None,
) -> None:
    """Run an emulated switch under this node name until ``stop`` is set; raise `NodeError` when it cannot start.

    ``users``: name and domain of those whose phones live here. ``speed`` and ``lines`` are the recordings'; no lines,
    no recordings. The same ``seed`` makes phones and calls do the same.
    """
    asyncio.run(_emulate(name, cookie, stop, users, speed, lines, ticktime, seed))


async def _emulate(
    name: str,
    cookie: str,
    stop: threading.Event,
    users: Sequence[tuple[str, str]],
    speed: float,
    lines: int,
    ticktime: float,
    seed: int | None,
) -> None:
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    scenes = await loop.run_in_executor(None, load_scenes) if lines else []
    node = Node(name, cookie, ticktime=ticktime)
    switch = EmulatedSwitch(node, scenes, speed=speed, lines=lines, random=Random(seed))
    switch.furnish(users)
    threading.Thread(target=_wait, args=(stop, loop, ending), name="emulator-stop", daemon=True).start()
    LOG.info(
        "The emulated switch %s has %d phones, and plays %d recorded calls on %d lines",
        *(name, len(users), len(scenes), lines),
    )
    await switch.run(ending)


def _wait(stop: threading.Event, loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    stop.wait()
    if not loop.is_closed():
        loop.call_soon_threadsafe(ending.set)
