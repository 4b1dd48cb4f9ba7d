"""One reader for each tag of the external term format (OTP `erl_ext_dist`). What the whole may cost is in `decode`.

A reader takes the position behind its tag and gives the term and the position behind that. Where bytes are missing it
may also raise IndexError or struct.error; `decode` turns those into `TermError`.
"""

from __future__ import annotations

import math
import re
import struct
from collections.abc import Callable
from typing import Final

from bridge.errors import TermError
from bridge.term.limits import Limits
from bridge.term.pairs import FEWEST, read_pairs
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

_NIL, _STRING, _LIST = 106, 107, 108

_u16 = struct.Struct(">H").unpack_from
_u32 = struct.Struct(">I").unpack_from
_i32 = struct.Struct(">i").unpack_from
_u32x2 = struct.Struct(">II").unpack_from
_u32x3 = struct.Struct(">III").unpack_from
_u64u32 = struct.Struct(">QI").unpack_from
_f64 = struct.Struct(">d").unpack_from
# What C's printf("%.20e") writes; Python's float() alone would also take "inf" and "1_0".
_FLOAT_TEXT = re.compile(rb"-?[0-9]{1,2}\.[0-9]{1,25}(e[+-]?[0-9]{1,4})?\0*\Z")

# Atoms repeat endlessly, so each is made once. Bounded, since what a peer sends must not grow our memory for ever: past
# the bound new atoms still decode, only slower.
_ATOMS: dict[bytes, Atom] = {}
_ATOMS_KEPT: Final = 16_384


class Budget:
    """What is left of a term's limits."""

    __slots__ = ("atoms", "elements")

    def __init__(self, limits: Limits) -> None:
        self.elements = limits.elements
        self.atoms = limits.atoms


_Reader = Callable[[bytes, int, int, Budget], "tuple[Term, int]"]


def read_term(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _READERS[data[pos]](data, pos + 1, depth, budget)


def _elements(data: bytes, pos: int, count: int, depth: int, budget: Budget) -> tuple[list[Term], int]:
    """`count` terms in a row."""
    if depth <= 0:
        raise TermError("The term is nested too deeply", pos)
    budget.elements -= count
    if count > len(data) - pos:
        raise TermError("The term ends early: bytes are missing", len(data))
    if budget.elements < 0:
        raise TermError("The term has too many elements", pos)
    items: list[Term] = []
    depth -= 1
    readers = _READERS
    runs = 3  # a list of other things must not be searched for pairs at every element
    while (left := count - len(items)) > 0:
        tag = data[pos]
        if tag == 104 and left >= FEWEST and runs and depth > 0:
            runs -= 1
            before = pos
            pos = read_pairs(data, pos, left, items)
            if pos > before:
                runs += 1
                continue
        item, pos = readers[tag](data, pos + 1, depth, budget)
        items.append(item)
    if pos > len(data):
        raise TermError("The term ends early: bytes are missing", len(data))
    return items, pos


def _take(data: bytes, pos: int, size: int) -> tuple[bytes, int]:
    end = pos + size
    if end > len(data):
        raise TermError("The term ends early: bytes are missing", len(data))
    return data[pos:end], end


def _small_int(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return data[pos], pos + 1


def _int(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _i32(data, pos)[0], pos + 4


def _new_float(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    value: float = _f64(data, pos)[0]
    if not math.isfinite(value):
        raise TermError("A float is infinite or no number: Erlang has no such floats", pos)
    return value, pos + 8


def _old_float(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    text, end = _take(data, pos, 31)
    if not _FLOAT_TEXT.match(text):
        raise TermError("A float in text is malformed", pos)
    value = float(text.rstrip(b"\0"))
    if not math.isfinite(value):
        raise TermError("A float is infinite or no number: Erlang has no such floats", pos)
    return value, end


def _make_atom(raw: bytes, encoding: str, pos: int, budget: Budget) -> Atom:
    budget.atoms -= 1
    if budget.atoms < 0:
        raise TermError("The term has too many atoms", pos)
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        raise TermError("An atom is not UTF-8", pos) from None
    if len(text) > 255:
        raise TermError("An atom has more than 255 characters", pos)
    atom = Atom(text)
    if len(_ATOMS) < _ATOMS_KEPT and (encoding == "utf-8" or raw.isascii()):
        _ATOMS[raw] = atom
    return atom


def _atom(data: bytes, pos: int, size: int, encoding: str, budget: Budget) -> tuple[Atom, int]:
    raw, end = _take(data, pos, size)
    if encoding == "latin-1" and not raw.isascii():
        return _make_atom(raw, encoding, pos, budget), end
    known = _ATOMS.get(raw)
    return (_make_atom(raw, encoding, pos, budget) if known is None else known), end


def _atom_latin1(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _atom(data, pos + 2, _u16(data, pos)[0], "latin-1", budget)


def _small_atom_latin1(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _atom(data, pos + 1, data[pos], "latin-1", budget)


def _atom_utf8(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _atom(data, pos + 2, _u16(data, pos)[0], "utf-8", budget)


def _small_atom_utf8(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _atom(data, pos + 1, data[pos], "utf-8", budget)


def _node(data: bytes, pos: int, budget: Budget) -> tuple[Atom, int]:
    if data[pos] not in (100, 115, 118, 119):
        raise TermError("An atom is expected here", pos)
    atom, end = read_term(data, pos, 1, budget)
    assert isinstance(atom, Atom)
    return atom, end


def _old_pid(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    node, pos = _node(data, pos, budget)
    number, serial = _u32x2(data, pos)
    return Pid(node, number, serial, data[pos + 8]), pos + 9


def _new_pid(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    node, pos = _node(data, pos, budget)
    number, serial, creation = _u32x3(data, pos)
    return Pid(node, number, serial, creation), pos + 12


def _old_port(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    node, pos = _node(data, pos, budget)
    return Port(node, _u32(data, pos)[0], data[pos + 4]), pos + 5


def _new_port(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    node, pos = _node(data, pos, budget)
    number, creation = _u32x2(data, pos)
    return Port(node, number, creation), pos + 8


def _v4_port(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    node, pos = _node(data, pos, budget)
    number, creation = _u64u32(data, pos)
    return Port(node, number, creation), pos + 12


def _ref_words(data: bytes, pos: int, words: int) -> tuple[tuple[int, ...], int]:
    if not 1 <= words <= 5:
        raise TermError(f"A reference has {words} words: one to five are possible", pos)
    raw, end = _take(data, pos, 4 * words)
    return struct.unpack(f">{words}I", raw), end


def _oldest_ref(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    node, pos = _node(data, pos, budget)
    return Ref(node, data[pos + 4], (_u32(data, pos)[0],)), pos + 5


def _old_ref(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    (words,) = _u16(data, pos)
    node, pos = _node(data, pos + 2, budget)
    ids, end = _ref_words(data, pos + 1, words)
    return Ref(node, data[pos], ids), end


def _newer_ref(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    (words,) = _u16(data, pos)
    node, pos = _node(data, pos + 2, budget)
    (creation,) = _u32(data, pos)
    ids, end = _ref_words(data, pos + 4, words)
    return Ref(node, creation, ids), end


def _small_tuple(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    items, pos = _elements(data, pos + 1, data[pos], depth, budget)
    return tuple(items), pos


def _large_tuple(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    items, pos = _elements(data, pos + 4, _u32(data, pos)[0], depth, budget)
    return tuple(items), pos


def _nil(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return [], pos


def _string(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    raw, end = _take(data, pos + 2, _u16(data, pos)[0])
    return (String(raw), end) if raw else ([], end)


def _list(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    items: list[Term] = []
    while True:
        part, pos = _elements(data, pos + 4, _u32(data, pos)[0], depth, budget)
        if items:
            items.extend(part)
        else:
            items = part
        tag = data[pos]
        if tag == _NIL:
            return items, pos + 1
        pos += 1
        if tag != _LIST:  # a list as the tail goes on in this loop: a long chain of them must not recurse
            break
    tail, pos = _READERS[tag](data, pos, depth - 1, budget)
    if not items:
        return tail, pos
    if isinstance(tail, String):
        items.extend(tail.value)
        return items, pos
    return ImproperList(tuple(items), tail), pos


def _binary(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _take(data, pos + 4, _u32(data, pos)[0])


def _bit_binary(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    bits = data[pos + 4]
    raw, end = _take(data, pos + 5, _u32(data, pos)[0])
    if not 1 <= bits <= 8 or not raw:
        raise TermError(f"A bit string of {len(raw)} bytes says its last byte has {bits} bits", pos)
    return (raw if bits == 8 else BitString(raw, bits)), end


def _big(data: bytes, pos: int, size: int) -> tuple[Term, int]:
    sign = data[pos]
    raw, end = _take(data, pos + 1, size)
    value = int.from_bytes(raw, "little")
    return (-value if sign else value), end


def _small_big(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _big(data, pos + 1, data[pos])


def _large_big(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    return _big(data, pos + 4, _u32(data, pos)[0])


def _map(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    """A dict only where the keys' hashes are seeded or distinct: with chosen tuples, floats or big integers as keys a
    peer could make all of them collide, and a dict of n such keys takes n² steps."""
    (count,) = _u32(data, pos)
    flat, pos = _elements(data, pos + 4, 2 * count, depth, budget)
    keys, values = flat[::2], flat[1::2]
    if all(type(key) in (Atom, bytes, String) or (type(key) is int and -(1 << 63) <= key < 1 << 63) for key in keys):
        mapping = dict(zip(keys, values, strict=True))
        if len(mapping) == count:
            return mapping, pos
    return Pairs(tuple(zip(keys, values, strict=True))), pos


def _export(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    module, pos = _node(data, pos, budget)
    function, pos = _node(data, pos, budget)
    if data[pos] != 97:
        raise TermError("The arity of a fun is expected here", pos)
    return Export(module, function, data[pos + 1]), pos + 2


def _fun(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    start = pos
    size, arity, uniq, index, free_count = struct.unpack_from(">IB16sII", data, pos)
    module, pos = _node(data, pos + 29, budget)
    old_index, pos = read_term(data, pos, 1, budget)
    old_uniq, pos = read_term(data, pos, 1, budget)
    pid, pos = read_term(data, pos, 1, budget)
    if type(old_index) is not int or type(old_uniq) is not int or not isinstance(pid, Pid):
        raise TermError("A fun is malformed", start)
    free, pos = _elements(data, pos, free_count, depth, budget)
    if pos - start != size:
        raise TermError("A fun has another length than it says", start)
    return Fun(module, arity, uniq, index, old_index, old_uniq, pid, tuple(free)), pos


def _unknown(data: bytes, pos: int, depth: int, budget: Budget) -> tuple[Term, int]:
    raise TermError(f"No term has the tag {data[pos - 1]}", pos - 1)


_TAGS: dict[int, _Reader] = {
    70: _new_float,
    77: _bit_binary,
    88: _new_pid,
    89: _new_port,
    90: _newer_ref,
    97: _small_int,
    98: _int,
    99: _old_float,
    100: _atom_latin1,
    101: _oldest_ref,
    102: _old_port,
    103: _old_pid,
    104: _small_tuple,
    105: _large_tuple,
    106: _nil,
    107: _string,
    108: _list,
    109: _binary,
    110: _small_big,
    111: _large_big,
    112: _fun,
    113: _export,
    114: _old_ref,
    115: _small_atom_latin1,
    116: _map,
    118: _atom_utf8,
    119: _small_atom_utf8,
    120: _v4_port,
}
_READERS: list[_Reader] = [_TAGS.get(tag, _unknown) for tag in range(256)]
