"""Terms to bytes, in the modern tags only: UTF-8 atoms, 32-bit creations, floats of eight bytes.

Python's `str` is refused on purpose: a peer tells atoms, strings and binaries apart, so the caller has to say which.
"""

from __future__ import annotations

import math
import struct
import zlib
from collections.abc import Callable
from typing import Any, Final

from bridge.errors import TermError
from bridge.term.limits import DEFAULT
from bridge.term.types import (
    Atom,
    BitString,
    Export,
    Fun,
    ImproperList,
    Pairs,
    Pid,
    Port,
    Ref,
    String,
    Term,
)

_u16 = struct.Struct(">H").pack
_u32 = struct.Struct(">I").pack
_i32 = struct.Struct(">i").pack
_u64 = struct.Struct(">Q").pack
_f64 = struct.Struct(">d").pack
_first_of_pair = struct.Struct(">HBH").pack
_second_of_pair = struct.Struct(">BH").pack
_STRING_MAX: Final = 65_535


def encode(term: Term, *, compress: int = 0) -> bytes:
    """The bytes of a term, version byte first; `compress` is a zlib level (0: none), used where it makes it shorter."""
    out = bytearray(b"\x83")
    _write(out, term, DEFAULT.depth)
    if compress:
        packed = zlib.compress(memoryview(out)[1:], compress)
        if len(packed) + 5 < len(out):
            return b"\x83P" + _u32(len(out) - 1) + packed
    return bytes(out)


def encode_atom(text: str) -> bytes:
    """An atom without the version byte, for those who build terms by hand."""
    raw = text.encode()
    if len(text) > 255:
        raise TermError(f"An atom has at most 255 characters, this one has {len(text)}: shorten it")
    return b"w" + bytes((len(raw),)) + raw if len(raw) < 256 else b"v" + _u16(len(raw)) + raw


def _write(out: bytearray, term: Term, depth: int) -> None:
    writer = _WRITERS.get(type(term))
    if writer is None:
        raise TermError(
            f"A Python {type(term).__name__} is no Erlang term: say Atom, String or bytes for text, and int, float, "
            "list, tuple or dict for the rest"
        )
    if depth <= 0:
        raise TermError("The term is nested too deeply to be sent")
    try:
        writer(out, term, depth - 1)
    except struct.error:
        raise TermError(f"A number in {type(term).__name__} does not fit its field: check it before sending") from None


def _int(out: bytearray, term: int, depth: int) -> None:
    if 0 <= term < 256:
        out += bytes((97, term))
    elif -(1 << 31) <= term < 1 << 31:
        out += b"b"
        out += _i32(term)
    else:
        magnitude = -term if term < 0 else term
        size = (magnitude.bit_length() + 7) // 8
        out += bytes((110, size)) if size < 256 else b"o" + _u32(size)
        out.append(1 if term < 0 else 0)
        out += magnitude.to_bytes(size, "little")


def _bool(out: bytearray, term: bool, depth: int) -> None:
    out += b"w\4true" if term else b"w\5false"


def _float(out: bytearray, term: float, depth: int) -> None:
    if not math.isfinite(term):
        raise TermError(f"{term} cannot be sent: Erlang has neither infinities nor NaN")
    out += b"F"
    out += _f64(term)


def _atom(out: bytearray, term: Atom, depth: int) -> None:
    try:
        out += _ATOMS[term]
    except KeyError:
        raw = encode_atom(term)
        if len(_ATOMS) < 4096:  # our own code's atoms; bounded because some are made from what peers sent
            _ATOMS[term] = raw
        out += raw


_ATOMS: dict[Atom, bytes] = {}


def _binary(out: bytearray, term: bytes, depth: int) -> None:
    out += b"m"
    out += _u32(len(term))
    out += term


def _string(out: bytearray, term: String, depth: int) -> None:
    value = term.value
    size = len(value)
    if 0 < size <= _STRING_MAX:
        out += b"k"
        out += _u16(size)
        out += value
    elif size:  # STRING_EXT counts in 16 bits; past that Erlang itself sends the list of integers
        out += b"l"
        out += _u32(size)
        pairs = bytearray(b"a\0" * size)
        pairs[1::2] = value
        out += pairs
        out += b"j"
    else:
        out += b"j"


def _bit_string(out: bytearray, term: BitString, depth: int) -> None:
    if not 1 <= term.bits <= 8 or not term.value:
        raise TermError(f"A bit string of {len(term.value)} bytes cannot end in {term.bits} bits")
    out += b"M"
    out += _u32(len(term.value))
    out.append(term.bits)
    out += term.value


def _pid(out: bytearray, term: Pid, depth: int) -> None:
    out += b"X"
    _atom(out, term.node, depth)
    out += _u32(term.id)
    out += _u32(term.serial)
    out += _u32(term.creation)


def _port(out: bytearray, term: Port, depth: int) -> None:
    wide = term.id >= 1 << 28
    out += b"x" if wide else b"Y"
    _atom(out, term.node, depth)
    out += _u64(term.id) if wide else _u32(term.id)
    out += _u32(term.creation)


def _ref(out: bytearray, term: Ref, depth: int) -> None:
    if not 1 <= len(term.ids) <= 5:
        raise TermError(f"A reference has one to five words, this one has {len(term.ids)}")
    out += b"Z"
    out += _u16(len(term.ids))
    _atom(out, term.node, depth)
    out += _u32(term.creation)
    out += struct.pack(f">{len(term.ids)}I", *term.ids)


def _export(out: bytearray, term: Export, depth: int) -> None:
    if not 0 <= term.arity < 256:
        raise TermError(f"A fun cannot have the arity {term.arity}")
    out += b"q"
    _atom(out, term.module, depth)
    _atom(out, term.function, depth)
    out += bytes((97, term.arity))


def _fun(out: bytearray, term: Fun, depth: int) -> None:
    if len(term.uniq) != 16:
        raise TermError("The unique part of a fun has 16 bytes")
    out += b"p"
    start = len(out)
    out += struct.pack(">IB16sII", 0, term.arity, term.uniq, term.index, len(term.free))
    _atom(out, term.module, depth)
    _int(out, term.old_index, depth)
    _int(out, term.old_uniq, depth)
    _pid(out, term.pid, depth)
    for item in term.free:
        _write(out, item, depth)
    out[start : start + 4] = _u32(len(out) - start)


def _tuple(out: bytearray, term: tuple[Term, ...], depth: int) -> None:
    size = len(term)
    out += bytes((104, size)) if size < 256 else b"i" + _u32(size)
    for item in term:
        _write(out, item, depth)


def _list(out: bytearray, term: list[Term], depth: int) -> None:
    if term:
        out += b"l"
        out += _u32(len(term))
        for item in term:
            if type(item) is tuple and len(item) == 2:  # the headers of an event, without the general way's calls
                name, value = item
                if type(name) is String and type(value) is String:
                    first, second = name.value, value.value
                    if 0 < len(first) <= _STRING_MAX and 0 < len(second) <= _STRING_MAX:
                        out += _first_of_pair(0x6802, 107, len(first))
                        out += first
                        out += _second_of_pair(107, len(second))
                        out += second
                        continue
            _write(out, item, depth)
    out += b"j"


def _improper(out: bytearray, term: ImproperList, depth: int) -> None:
    if not term.items:
        raise TermError("An improper list needs an element before its tail")
    out += b"l"
    out += _u32(len(term.items))
    for item in term.items:
        _write(out, item, depth)
    _write(out, term.tail, depth)


def _dict(out: bytearray, term: dict[Term, Term], depth: int) -> None:
    out += b"t"
    out += _u32(len(term))
    for key, value in term.items():
        _write(out, key, depth)
        _write(out, value, depth)


def _pairs(out: bytearray, term: Pairs, depth: int) -> None:
    out += b"t"
    out += _u32(len(term.items))
    for key, value in term.items:
        _write(out, key, depth)
        _write(out, value, depth)


# A table by type: each writer gets what its key says.
_WRITERS: dict[type, Callable[[bytearray, Any, int], None]] = {
    int: _int,
    bool: _bool,
    float: _float,
    Atom: _atom,
    bytes: _binary,
    bytearray: _binary,
    String: _string,
    BitString: _bit_string,
    Pid: _pid,
    Port: _port,
    Ref: _ref,
    Export: _export,
    Fun: _fun,
    tuple: _tuple,
    list: _list,
    ImproperList: _improper,
    dict: _dict,
    Pairs: _pairs,
}
