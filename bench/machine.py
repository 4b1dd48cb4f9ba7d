"""The machine's facts, printed above the figures: without them a figure says nothing."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from importlib.metadata import version
from pathlib import Path


def facts() -> list[str]:
    """One line a fact: processor, memory, system, versions, and how busy the machine was at the start."""
    model = re.search(r"model name\s*: (.*)", _text("/proc/cpuinfo"))
    memory = re.search(r"MemTotal:\s*(\d+) kB", _text("/proc/meminfo"))
    load = os.getloadavg()[0]
    busy = " - other work was going on: expect lower figures" if load > 0.5 else ""
    return [
        f"processor  {model[1] if model else platform.processor() or 'unknown'}, {len(os.sched_getaffinity(0))} cores",
        f"memory     {int(memory[1]) / 2**20:.1f} GiB" if memory else "memory     unknown",
        f"system     {platform.system()} {platform.release()}, Python {platform.python_version()}",
        "packages   "
        + ", ".join(f"{name} {version(name)}" for name in ("eventsourcing", "psycopg", "zstandard", "msgspec")),
        f"load       {load:.2f} in the minute before{busy}",
        f"revision   {_revision()}",
    ]


def _text(path: str) -> str:
    try:
        return Path(path).read_text()
    except OSError:
        return ""


def _revision() -> str:
    run = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=False)
    return run.stdout.strip() or "unknown"
