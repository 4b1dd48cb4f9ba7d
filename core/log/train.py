"""Train the dictionary that states are compressed with: ``python -m core.log.train 2 captures/*/events.etf.gz``.

Run by hand, once a dictionary: its file is package data, named for its id, and is never changed or removed once a log
may hold frames made with it (take the next id instead, and set `core.log.codec.CURRENT`). Secrets are redacted first.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import zstandard

from core.capture import read_capture
from core.headers import is_event, redact
from core.log.codec import DICTIONARIES, compressor

SIZE = 110 * 1024
"""bytes; 16 kB give a fifth more bytes an event, 400 kB hardly fewer"""
A_CAPTURE = 400
"""events taken from one capture at most, so that a long one does not drown the others"""


def samples(captures: Iterable[Path], most: int = A_CAPTURE, seed: int = 1) -> list[bytes]:
    """Return redacted events of the captures, at most so many of each, the same ones for the same seed."""
    chosen: list[bytes] = []
    pick = random.Random(seed)
    for path in sorted(captures):
        terms = [record.term for record in read_capture(path) if is_event(record.term)]
        chosen += [redact(term) for term in (terms if len(terms) <= most else pick.sample(terms, most))]
    return chosen


def train(terms: Sequence[bytes], number: int, size: int = SIZE) -> bytes:
    """Return a dictionary's bytes, with its id inside."""
    return zstandard.train_dictionary(size, list(terms), dict_id=number).as_bytes()


def size_of(terms: Sequence[bytes], dictionary: bytes) -> float:
    """Return the mean size of a state made with this dictionary, version byte included."""
    states = compressor(zstandard.ZstdCompressionDict(dictionary))
    return sum(1 + len(states.compress(term)) for term in terms) / len(terms)


def main(arguments: Sequence[str] | None = None) -> int:
    """Write ``<id>.zdict``; say how well dictionaries of one half of the captures do on the other half."""
    parser = argparse.ArgumentParser(prog="python -m core.log.train", description=__doc__)
    parser.add_argument("id", type=int, help="the new dictionary's id (1 to 255 take one byte of a frame)")
    parser.add_argument("captures", type=Path, nargs="+", help="capture files, gzipped or not")
    chosen = parser.parse_args(arguments)
    paths = sorted(chosen.captures)
    for name, learnt, tried in (("even", paths[0::2], paths[1::2]), ("odd", paths[1::2], paths[0::2])):
        others = samples(tried)
        mean = size_of(others, train(samples(learnt), chosen.id))
        sys.stderr.write(f"trained on the {name} captures, measured on {len(others)} events of the others: ")
        sys.stderr.write(f"{mean:.0f} bytes an event of {sum(map(len, others)) / len(others):.0f}\n")
    target = DICTIONARIES / f"{chosen.id}.zdict"
    target.write_bytes(train(samples(paths), chosen.id))
    sys.stderr.write(f"wrote {target}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
