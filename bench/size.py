"""How many bytes does a stored event take: plain, with zstd, and with a dictionary that has never seen its like?

Why: the log keeps everything for good, so its size is the price of the whole idea. A dictionary measured on what it was
trained on flatters itself. So the recorded scenarios are dealt into three parts, the variants of one scenario
staying together, and each part is measured with a dictionary trained on the other two.
"""

from __future__ import annotations

import re

import zstandard

from bench import corpus
from bench.report import Row, Table, side_by_side
from core.headers import redact
from core.log.codec import LEVEL, Decoder, Encoder
from core.log.train import SIZE, samples, size_of, train

PARTS = 3
UNIT = "bytes/event"


def measure() -> Table:
    """Compress every event in each way; a row's runs are the three parts."""
    parts = [_terms(part) for part in range(PARTS)]
    dictionaries = [_trained_without(part) for part in range(PARTS)]
    plain = zstandard.ZstdCompressor(level=LEVEL)
    rows = [
        Row("as it came", [_mean(list(map(len, terms))) for terms in parts], UNIT),
        Row("zstd, no dictionary", [_mean([len(plain.compress(term)) for term in terms]) for terms in parts], UNIT),
        Row(
            f"zstd, {SIZE // 1024} kB dictionary of the other scenarios",
            [size_of(terms, dictionary) for terms, dictionary in zip(parts, dictionaries, strict=True)],
            UNIT,
        ),
        Row(
            "zstd, the dictionary that Harmony ships",
            [_mean([len(state) for state in Encoder().encode_all(terms)]) for terms in parts],
            UNIT,
            "(trained on these)",
        ),
    ]
    some = parts[0][:1000]
    states = Encoder().encode_all(some)
    encoder, decoder = Encoder(), Decoder()
    speeds = side_by_side(
        {
            "encode with dictionary": lambda: len([encoder.encode(term) for term in some]),
            "decode with dictionary": lambda: len([decoder.decode(state) for state in states]),
        },
        runs=3,
    )
    rows += [Row(name, runs) for name, runs in speeds.items()]
    about = f"bytes of the state column, {sum(map(len, parts)):,} recorded events in {PARTS} parts; speeds of one core"
    return Table("size", about, rows, rows[0].name)


def _part_of(scenario: str) -> int:
    """Deal by the scenario's number, so that 13, 13b and 13v are in one part."""
    found = re.match(r"\d+", scenario)
    return int(found[0]) % PARTS if found else 0


def _terms(part: int) -> list[bytes]:
    return [
        redact(term) for scenario in corpus.scenarios() if _part_of(scenario) == part for term in corpus.terms(scenario)
    ]


def _trained_without(part: int) -> bytes:
    paths = [corpus.path(scenario) for scenario in corpus.scenarios() if _part_of(scenario) != part]
    return train(samples(paths), 1)


def _mean(sizes: list[int]) -> float:
    return sum(sizes) / len(sizes)
