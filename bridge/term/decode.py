"""Bytes to terms: the external term format (OTP `erl_ext_dist`), for any bytes whatsoever.

Every input gives a term or a `TermError`, in time linear in its length. Events on the hot path are not decoded at all
(`core.headers` reads them in place); this is for everything else, and quick enough for those who decode events anyway.
"""

from __future__ import annotations

import struct
import zlib

from bridge.errors import TermError
from bridge.term.limits import DEFAULT, Limits
from bridge.term.readers import Budget, read_term
from bridge.term.types import Term


def decode(data: bytes | bytearray | memoryview, limits: Limits = DEFAULT) -> Term:
    """The term that `data` (version byte 131 first) holds, with nothing behind it."""
    term, end = decode_prefix(data, limits=limits)
    if end != len(data):
        raise TermError(f"{len(data) - end} bytes follow the term: cut it at its end, or read it as a prefix", end)
    return term


def decode_prefix(data: bytes | bytearray | memoryview, start: int = 0, limits: Limits = DEFAULT) -> tuple[Term, int]:
    """The term that begins at `start` and the offset behind it; what follows is not looked at.

    FreeSWITCH leaves stray bytes behind some terms, so messages are read this way.
    """
    if not isinstance(data, bytes):
        data = bytes(data)
    if len(data) - start > limits.size:
        raise TermError(f"The term has {len(data) - start} bytes, over the limit of {limits.size}")
    if data[start : start + 1] != b"\x83":
        raise TermError("An Erlang term begins with the byte 131: this is something else", start)
    try:
        if data[start + 1 : start + 2] == b"P":
            return _compressed(data, start + 2, limits)
        term, end = read_term(data, start + 1, limits.depth, Budget(limits))
    except (IndexError, struct.error):
        raise TermError("The term ends early: bytes are missing", len(data)) from None
    if end > len(data):
        raise TermError("The term ends early: bytes are missing", len(data))
    return term, end


def _compressed(data: bytes, pos: int, limits: Limits) -> tuple[Term, int]:
    (size,) = struct.unpack_from(">I", data, pos)
    if size > limits.size:
        raise TermError(f"The compressed term says it has {size} bytes, over the limit of {limits.size}", pos)
    inflater = zlib.decompressobj()
    try:
        plain = inflater.decompress(memoryview(data)[pos + 4 :], size + 1)
    except zlib.error as error:
        raise TermError(f"The compressed term does not decompress: {error}", pos) from None
    if len(plain) != size or not inflater.eof:
        raise TermError("The compressed term has another length than it says", pos)
    term, end = read_term(plain, 0, limits.depth, Budget(limits))
    if end != size:
        raise TermError("The compressed term has another length than it says", pos)
    return term, len(data) - len(inflater.unused_data)
