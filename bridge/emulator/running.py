"""Running the emulated switch as a process of its own does: phones and recordings, until told to stop."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

from bridge import demo
from bridge.emulator.cast import COMPANIES
from bridge.emulator.exchange import Town
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
    people: Sequence[Town] = (),
    lively: Sequence[str] = (),
    speed: float = 1.0,
    lines: int = 4,
    ticktime: float = 60,
    seed: int | None = None,
    sound: Path | None = None,
) -> None:
    """Run an emulated switch under this node name until ``stop`` is set; raise `NodeError` when it cannot start.

    ``people``: whose phones live here; those of the ``lively`` companies call each other, and are called. The others
    speak in the recordings, at their ``speed``, on so many ``lines``; no lines, no recordings. The same ``seed`` makes
    phones and people do the same. ``sound``: where recordings are written; nowhere without.
    """
    life = [town for town in people if town.domain in lively]
    asyncio.run(_emulate(Node(name, cookie, ticktime=ticktime), stop, people, life, speed, lines, Random(seed), sound))


async def _emulate(
    node: Node,
    stop: threading.Event,
    people: Sequence[Town],
    life: Sequence[Town],
    speed: float,
    lines: int,
    random: Random,
    sound: Path | None,
) -> None:
    loop, ending = asyncio.get_running_loop(), asyncio.Event()
    scenes = await loop.run_in_executor(None, load_scenes) if lines else []
    companies = [company for company in COMPANIES if f"{company.decode()}.example" not in {one.domain for one in life}]
    switch = EmulatedSwitch(node, scenes, speed=speed, lines=lines, random=random, companies=companies)
    switch.furnish([(user, town.domain) for town in people for user in town.users])
    switch.enliven(life)
    if sound is not None:
        switch.keep_sound(sound)
    threading.Thread(target=_wait, args=(stop, loop, ending), name="emulator-stop", daemon=True).start()
    LOG.info(
        "The emulated switch %s has %d phones, and plays %d recorded calls on %d lines",
        *(node.name, sum(len(town.users) for town in people), len(scenes), lines),
    )
    await switch.run(ending)


def _wait(stop: threading.Event, loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    stop.wait()
    if not loop.is_closed():
        loop.call_soon_threadsafe(ending.set)
