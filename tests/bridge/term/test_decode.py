"""Reading terms: every tag, what is malformed, what is too much, and time that grows with the length only."""

from __future__ import annotations

import contextlib
import time
import zlib

import pytest

from bridge.errors import TermError
from bridge.term import (
    Atom,
    BitString,
    Export,
    Fun,
    ImproperList,
    Limits,
    Pairs,
    Pid,
    Port,
    Ref,
    String,
    Term,
    decode,
    decode_prefix,
    encode,
)

pytestmark = pytest.mark.pure

NODE = b"w\3n@h"
N = Atom("n@h")
PID = b"X" + NODE + b"\0\0\0\1\0\0\0\2\0\0\0\3"

# Without the version byte, as OTP's erl_ext_dist describes them.
TAGS: list[tuple[bytes, Term]] = [
    (b"F\x3f\xf8\0\0\0\0\0\0", 1.5),
    (b"M\0\0\0\2\3\xab\xe0", BitString(b"\xab\xe0", 3)),
    (b"M\0\0\0\1\x08\xff", b"\xff"),
    (PID, Pid(N, 1, 2, 3)),
    (b"Y" + NODE + b"\0\0\0\7\xff\0\0\1", Port(N, 7, 0xFF000001)),
    (b"Z\0\3" + NODE + b"\0\0\0\5\0\0\0\1\0\0\0\2\0\0\0\3", Ref(N, 5, (1, 2, 3))),
    (b"Z\0\5" + NODE + b"\0\0\0\5" + b"\0\0\0\1" * 5, Ref(N, 5, (1, 1, 1, 1, 1))),
    (b"a\xff", 255),
    (b"b\xff\xff\xff\xff", -1),
    (b"c1.50000000000000000000e+00\0\0\0\0\0", 1.5),
    (b"c-2.5000000000000000000e-10\0\0\0\0\0", -2.5e-10),
    (b"d\0\2\xe9a", Atom("éa")),
    (b"e" + NODE + b"\0\0\0\7\1", Ref(N, 1, (7,))),
    (b"f" + NODE + b"\0\0\0\7\1", Port(N, 7, 1)),
    (b"g" + NODE + b"\0\0\0\1\0\0\0\2\3", Pid(N, 1, 2, 3)),
    (b"h\2a\1a\2", (1, 2)),
    (b"h\0", ()),
    (b"i\0\0\0\1a\1", (1,)),
    (b"j", []),
    (b"k\0\2\xffa", String(b"\xffa")),
    (b"k\0\0", []),
    (b"l\0\0\0\2a\1a\2j", [1, 2]),
    (b"l\0\0\0\1a\1a\2", ImproperList((1,), 2)),
    (b"l\0\0\0\1a\1l\0\0\0\1a\2j", [1, 2]),
    (b"l\0\0\0\1a\1k\0\2\3\4", [1, 3, 4]),
    (b"l\0\0\0\1a\1l\0\0\0\1a\2a\3", ImproperList((1, 2), 3)),
    (b"l\0\0\0\0a\3", 3),
    (b"m\0\0\0\2ab", b"ab"),
    (b"n\x08\0\0\0\0\0\0\0\0\x80", 1 << 63),
    (b"n\1\1\5", -5),
    (b"o\0\0\1\0\0" + b"\xff" * 256, (1 << 2048) - 1),
    (
        b"p\0\0\0\x38\2" + b"u" * 16 + b"\0\0\0\1\0\0\0\1" + b"w\1ma\4a\5" + PID + b"a\x09",
        Fun(Atom("m"), 2, b"u" * 16, 1, 4, 5, Pid(N, 1, 2, 3), (9,)),
    ),
    (b"qw\5listsw\3mapa\2", Export(Atom("lists"), Atom("map"), 2)),
    (b"r\0\2" + NODE + b"\3\0\0\0\1\0\0\0\2", Ref(N, 3, (1, 2))),
    (b"s\2ok", Atom("ok")),
    (b"t\0\0\0\2w\1aa\1m\0\0\0\1ba\2", {Atom("a"): 1, b"b": 2}),
    (b"v\0\3" + "日".encode(), Atom("日")),
    (b"w\2" + "é".encode(), Atom("é")),
    (b"x" + NODE + b"\xff\0\0\0\0\0\0\1\0\0\0\5", Port(N, 0xFF00000000000001, 5)),
]


@pytest.mark.parametrize(("raw", "term"), TAGS, ids=[chr(raw[0]) + str(n) for n, (raw, _) in enumerate(TAGS)])
def test_every_tag(raw: bytes, term: Term) -> None:
    found = decode(b"\x83" + raw)
    assert found == term
    assert type(found) is type(term)
    assert decode(b"\x83P" + len(raw).to_bytes(4, "big") + zlib.compress(raw)) == term
    assert decode_prefix(b"..\x83" + raw + b"stray", 2) == (term, 3 + len(raw))
    assert decode(memoryview(b"\x83" + raw)) == term


@pytest.mark.parametrize(("raw", "term"), TAGS, ids=[chr(raw[0]) + str(n) for n, (raw, _) in enumerate(TAGS)])
def test_every_tag_cut_short(raw: bytes, term: Term) -> None:
    for size in range(len(raw)):
        with pytest.raises(TermError):
            decode(b"\x83" + raw[:size])


def test_a_string_is_neither_a_binary_nor_a_list_of_bytes() -> None:
    string = decode(b"\x83k\0\1a")
    assert string == String(b"a")
    others: list[object] = [b"a", [97], "a"]
    assert string not in others
    assert isinstance(string, String)
    assert bytes(string) == b"a"


@pytest.mark.parametrize(
    "raw",
    [
        b"", b"\x82a\1", b"\x83", b"\x83\xff", b"\x83u", b"\x83a\1a", b"\x83\x83a\1",
        b"\x83F\x7f\xf0\0\0\0\0\0\0", b"\x83F\x7f\xf8\0\0\0\0\0\0", b"\x83cinf" + bytes(28), b"\x83c1_0.0" + bytes(26),
        b"\x83c9.9e+999" + bytes(23), b"\x83M\0\0\0\1\0a", b"\x83M\0\0\0\1\x09a", b"\x83M\0\0\0\0\1",
        b"\x83w\2\xff\xff", b"\x83v\1\1" + b"a" * 257, b"\x83Xa\1" + bytes(12), b"\x83Z\0\6w\1a" + bytes(40),
        b"\x83Z\0\0w\1a" + bytes(40), b"\x83qw\1aw\1bb\0\0\0\1", b"\x83p\0\0\0\1" + bytes(40),
        b"\x83P\0\0\0\5garbage", b"\x83P\0\0\0\1" + zlib.compress(b"a\1"), b"\x83P\0\0\0\3" + zlib.compress(b"a\1"),
        b"\x83P\0\0\0\4" + zlib.compress(b"a\1a\1"), b"\x83P\0\0\0\0" + zlib.compress(b""), b"\x83P\0\0\0\2",
        b"\x83P\0\0\0\3" + zlib.compress(b"P\0\0"),
    ],
)  # fmt: skip
def test_malformed(raw: bytes) -> None:
    with pytest.raises(TermError) as caught:
        decode(raw)
    assert caught.value.code == "term"


@pytest.mark.parametrize(
    ("raw", "limits", "says"),
    [
        (b"\x83" + b"h\1" * 10 + b"j", Limits(depth=9), "nested too deeply"),
        (b"\x83" + b"l\0\0\0\1" * 10 + b"j" * 11, Limits(depth=9), "nested too deeply"),
        (b"\x83m\0\0\0\x0a0123456789", Limits(size=10), "over the limit of 10"),
        (b"\x83P\0\0\0\x64" + zlib.compress(bytes(100)), Limits(size=99), "over the limit of 99"),
        (b"\x83l\0\0\0\x0a" + b"a\1" * 10 + b"j", Limits(elements=9), "too many elements"),
        (b"\x83h\2h\2jjh\2jj", Limits(elements=5), "too many elements"),
        (b"\x83h\3w\5new-1w\5new-2w\5new-3", Limits(atoms=2), "too many atoms"),
        (b"\x83l\xff\xff\xff\xffj", Limits(), "bytes are missing"),
        (b"\x83t\xff\xff\xff\xffj", Limits(), "bytes are missing"),
    ],
)
def test_limits(raw: bytes, limits: Limits, says: str) -> None:
    with pytest.raises(TermError, match=says):
        decode(raw, limits)


def test_a_bomb_takes_no_more_than_it_may() -> None:
    packed = zlib.compress(bytes(50_000_000), 9)
    with pytest.raises(TermError, match="another length"):
        decode(b"\x83P\0\0\0\x0a" + packed)


def test_maps_that_a_dict_cannot_hold() -> None:
    assert decode(encode({(1, 2): 3})) == Pairs((((1, 2), 3),))
    assert decode(b"\x83t\0\0\0\1ja\1") == Pairs((([], 1),))
    assert decode(b"\x83t\0\0\0\2a\1a\2a\1a\3") == Pairs(((1, 2), (1, 3)))
    both = decode(b"\x83t\0\0\0\2a\1a\2F\x3f\xf0\0\0\0\0\0\0a\3")
    assert isinstance(both, Pairs)
    assert len(both.items) == 2


def pairs(count: int) -> bytes:
    return b"\x83l" + count.to_bytes(4, "big") + b"h\2k\0\1ak\0\1b" * count + b"j"


HOSTILE = {
    # Equal hashes by the thousand: multiples of Python's hash modulus.
    "colliding keys": b"\x83t\0\1\x86\xa0"
    + b"".join(encode(n * ((1 << 61) - 1))[1:] + b"j" for n in range(1 << 3, (1 << 3) + 100_000)),
    # A chain of lists, each the tail of the one before.
    "tails": b"\x83" + b"l\0\0\0\1a\1" * 300_000 + b"j",
    "empty tails": b"\x83" + b"l\0\0\0\0" * 300_000 + b"j",
    # Lists that look like the headers of an event, cut short or interrupted.
    "interrupted pairs": b"\x83l\0\3\x0d\x40" + (b"h\2k\0\1ak\0\1b" * 9 + b"h\2k\0\1aa\1") * 20_000 + b"j",
    "many short runs": b"\x83l\0\0\x75\x30" + pairs(8)[1:] * 30_000 + b"j",
    "pairs that lie": b"\x83l\0\0\x75\x30" + b"h\2k\0\1h\2kk\0\1bX" * 30_000 + b"j",
    "values that hold the cut": b"\x83l\0\0\x75\x30" + b"h\2k\0\1ak\0\3h\2k" * 30_000 + b"j",
    "huge integer": b"\x83o\0\x1e\x84\x80\0" + b"\xff" * 2_000_000,
    "new atoms": b"\x83l\0\0\x75\x30" + b"".join(b"w\7%07d" % n for n in range(30_000)) + b"j",
}


@pytest.mark.parametrize("raw", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_terms_take_linear_time(raw: bytes) -> None:
    """Each is a second or far less if linear, and minutes if not; the bound is for a loaded machine."""
    began = time.process_time()
    with contextlib.suppress(TermError):
        decode(raw)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("separator", [b"k", b"m"], ids=["strings", "binaries"])
@pytest.mark.parametrize("odd", [b"", b"h\2k", b"h\2m", b"x" * 300, b"x" * 65_535, b"\0", b"h\2k\0\1ak\0\1b"])
@pytest.mark.parametrize("place", [0, 5, 19])
def test_pairs_of_any_content_are_read_right(separator: bytes, odd: bytes, place: int) -> None:
    """The quick way through an event's headers must give what the long one gives."""
    make = String if separator == b"k" else bytes
    event: list[Term] = [(make(b"Name-%d" % n), make(b"value %d" % n)) for n in range(20)]
    event[place] = (make(b"Odd"), make(odd))
    event[place - 1] = (make(odd or b"n"), make(b"v"))
    raw = encode(event)
    expected = [(name, [] if value == String(b"") else value) for name, value in event]  # type: ignore[misc]
    assert decode(raw) == expected
    assert decode(encode((Atom("event"), event, Atom("more")))) == (Atom("event"), expected, Atom("more"))


def test_a_pair_list_with_other_things_in_between() -> None:
    event: list[Term] = []
    for n in range(200):
        event.append((String(b"k%d" % n), String(b"v" * n) if n else []))
        if n % 11 == 0:
            event.append((b"k", b"v"))
        if n % 17 == 0:
            event.append(Atom("x"))
    assert decode(encode(event)) == event


@pytest.mark.parametrize("kind", [b"k\x00\x01", b"m\x00\x00\x00\x01"])
@pytest.mark.parametrize("more", [8, 9, 500])
def test_a_list_of_pairs_that_ends_between_two_of_them(kind: bytes, more: int) -> None:
    """It announces more than it holds, and the run of pairs ends where the bytes do."""
    pairs = 600 * (b"h\x02" + kind + b"a" + kind + b"b")
    with pytest.raises(TermError, match="ends early"):
        decode(b"\x83l" + (600 + more).to_bytes(4, "big") + pairs)
