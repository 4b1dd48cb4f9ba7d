"""Writing terms: what came back from `decode` goes out again the same, and what cannot be sent is refused in words."""

from __future__ import annotations

import math

import pytest

from bridge.errors import TermError
from bridge.term import (
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
    decode,
    encode,
    encode_atom,
)

pytestmark = pytest.mark.pure

N = Atom("n@h")


@pytest.mark.parametrize(
    ("term", "raw"),
    [
        (0, b"a\0"),
        (255, b"a\xff"),
        (256, b"b\0\0\1\0"),
        (-1, b"b\xff\xff\xff\xff"),
        (1 << 31, b"n\4\0\0\0\0\x80"),
        (-(1 << 31) - 1, b"n\4\1\1\0\0\x80"),
        (1 << 2040, b"o\0\0\1\0\0" + bytes(255) + b"\1"),
        (True, b"w\4true"),
        (False, b"w\5false"),
        (1.5, b"F\x3f\xf8\0\0\0\0\0\0"),
        (Atom("é" * 128), b"v\1\0" + "é".encode() * 128),
        (String(b""), b"j"),
        (String(b"ab"), b"k\0\2ab"),
        ([], b"j"),
        (b"ab", b"m\0\0\0\2ab"),
        (Port(N, 1 << 28, 1), b"xw\3n@h\0\0\0\0\x10\0\0\0\0\0\0\1"),
        (Port(N, 5, 1), b"Yw\3n@h\0\0\0\5\0\0\0\1"),
        (tuple(range(256)), b"i\0\0\1\0" + b"".join(b"a" + bytes((n,)) for n in range(256))),
        ({}, b"t\0\0\0\0"),
    ],
)
def test_bytes(term: Term, raw: bytes) -> None:
    assert encode(term) == b"\x83" + raw


def test_a_long_string_becomes_the_list_that_erlang_would_send() -> None:
    value = bytes(range(256)) * 300
    assert decode(encode(String(value))) == list(value)
    assert decode(encode(String(value[:65_535]))) == String(value[:65_535])


def test_compression_is_used_where_it_helps() -> None:
    long = b"a" * 10_000
    assert len(encode(long, compress=6)) < 100
    assert decode(encode(long, compress=6)) == long
    assert encode(5, compress=6) == encode(5)


@pytest.mark.parametrize(
    ("term", "says"),
    [
        ("text", "A Python str is no Erlang term: say Atom, String or bytes"),
        (None, "A Python NoneType"),
        ([1, {"k": 1}], "A Python str"),
        (math.inf, "neither infinities nor NaN"),
        (math.nan, "neither"),
        (Atom("x" * 256), "at most 255 characters"),
        (Pid(N, 1 << 32, 0, 0), "does not fit"),
        (Ref(N, 1, ()), "one to five words"),
        (Ref(N, 1, (1,) * 6), "one to five words"),
        (BitString(b"", 1), "bit string"),
        (BitString(b"a", 9), "bit string"),
        (ImproperList((), 1), "needs an element"),
        (Export(N, N, 256), "arity"),
        (Fun(N, 1, b"short", 0, 0, 0, Pid(N, 1, 1, 1), ()), "16 bytes"),
    ],
)
def test_what_cannot_be_sent(term: Term, says: str) -> None:
    with pytest.raises(TermError, match=says):
        encode(term)


def test_nesting_has_an_end() -> None:
    nested: Term = 1
    for _ in range(150):
        nested = [nested]
    assert decode(encode(nested)) == nested
    for _ in range(100):
        nested = [nested]
    with pytest.raises(TermError, match="nested too deeply"):
        encode(nested)


def test_atoms_by_hand() -> None:
    assert encode_atom("ok") == b"w\2ok"


def test_a_map_that_was_no_dict_goes_out_as_a_map() -> None:
    assert encode(Pairs(((1, 2),))) == encode({1: 2})
