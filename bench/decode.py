"""How fast is an event read: by our codec, by looking for a few headers only, and by other people's decoders?

Why: the hot path of the wire must not decode 6 kB to learn five headers, nor a fold pay for headers it never asks for.
Each decoder gets the same recorded events; those of string encoding, as FreeSWITCH sends by default.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence

from bench import corpus
from bench.report import Row, Table, side_by_side
from bridge.term import decode
from core.event import identify
from core.headers import header, headers

EIGHT = (
    b"Event-Name",
    b"Unique-ID",
    b"Core-UUID",
    b"Event-Sequence",
    b"Event-Date-Timestamp",
    b"Channel-Call-State",
    b"Hangup-Cause",
    b"variable_sip_call_id",
)


def measure() -> Table:
    """Decode the same events with everything at hand, taking turns."""
    events = corpus.everything()[::11]
    works = {
        "our codec, the whole term": _all(decode, events),
        "our codec, all headers as a dict": _all(headers, events),
        "8 headers, the rest not decoded": _all(_eight, events),
        "identity (what storing needs)": _all(identify, events),
    }
    missing = []
    for name, module, function in (
        ("erlang-py", "erlang", "binary_to_term"),
        ("erlpack (Cython)", "erlpack", "unpack"),
    ):
        try:
            works[name] = _all(getattr(importlib.import_module(module), function), events)
        except ImportError:
            missing.append(Row(name, note="not installed: it did not build here"))
    rows = [Row(name, runs) for name, runs in side_by_side(works).items()] + missing
    kilobytes = sum(map(len, events)) / len(events) / 1000
    return Table("decode", f"reading {len(events)} recorded events of {kilobytes:.1f} kB, one core", rows, rows[0].name)


def _all(read: Callable[[bytes], object], events: Sequence[bytes]) -> Callable[[], int]:
    def work() -> int:
        for event in events:
            read(event)
        return len(events)

    return work


def _eight(term: bytes) -> None:
    for name in EIGHT:
        header(term, name)
