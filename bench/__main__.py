"""``python -m bench [NAME ...]``: run the benchmarks, print one table each under the machine's facts.

A benchmark that cannot run here says so in one line, the others go on, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import importlib
import logging
import sys
from time import perf_counter

from bench import machine, report

NAMES = ("decode", "size", "append", "read", "wire", "fold", "latency", "fetch")
LONG = ("endless", "lists", "memory", "page", "people", "rebuild", "stream")
"""those that take minutes: only when they are named"""


def main() -> int:
    """Run what the command line names, or everything."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"one of {', '.join(NAMES)} (all), {', '.join(LONG)}")
    names = parser.parse_args().names or NAMES
    if unknown := [name for name in names if name not in NAMES + LONG]:
        parser.error(f"no benchmark is called {unknown[0]!r}; there are {', '.join(NAMES + LONG)}")
    logging.getLogger("harmony").setLevel(logging.ERROR)  # links that end when a flood is over are no news
    print("\n".join(machine.facts()), flush=True)
    failed = False
    for name in names:
        begin = perf_counter()
        print(flush=True)
        try:
            table = importlib.import_module(f"bench.{name}").measure()
        except Exception as error:
            failed = True
            print(f"{name}: could not be measured: {type(error).__name__}: {error}", flush=True)
            continue
        print("\n".join(report.lines(table)))
        print(f"  (took {perf_counter() - begin:.0f} s)", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
