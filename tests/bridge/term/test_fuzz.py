"""Any bytes give a term or a TermError, and any term comes back from its bytes."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.errors import TermError
from bridge.term import Atom, BitString, ImproperList, Pid, Port, Ref, String, Term, decode, decode_prefix, encode

pytestmark = pytest.mark.pure

U32 = st.integers(0, (1 << 32) - 1)
ATOMS = st.builds(Atom, st.text(st.characters(exclude_categories=["Cs"]), max_size=20))
SIMPLE = st.one_of(
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    ATOMS,
    st.binary(max_size=40),
    st.builds(String, st.binary(min_size=1, max_size=40)),
    st.builds(BitString, st.binary(min_size=1, max_size=5), st.integers(1, 7)),
    st.builds(Pid, ATOMS, U32, U32, U32),
    st.builds(Port, ATOMS, st.integers(0, (1 << 64) - 1), U32),
    st.builds(Ref, ATOMS, U32, st.lists(U32, min_size=1, max_size=5).map(tuple)),
)
KEYS = st.one_of(ATOMS, st.binary(max_size=9), st.integers(-(1 << 63), (1 << 63) - 1))


def _deeper(inner: st.SearchStrategy[Term]) -> st.SearchStrategy[Term]:
    return st.one_of(
        st.lists(inner, max_size=12),
        st.lists(inner, max_size=5).map(tuple),
        st.dictionaries(KEYS, inner, max_size=5),
        st.lists(st.tuples(st.builds(String, st.binary(min_size=1, max_size=300)), inner), max_size=12),
        st.builds(
            ImproperList,
            st.lists(inner, min_size=1, max_size=4).map(tuple),
            SIMPLE.filter(lambda term: not isinstance(term, String)),
        ),
    )


TERMS: st.SearchStrategy[Term] = st.recursive(SIMPLE, _deeper, max_leaves=40)


@given(TERMS)
def test_any_term_comes_back(term: Term) -> None:
    assert decode(encode(term)) == term
    assert decode(encode(term, compress=1)) == term


@given(st.binary(max_size=300))
@example(b"\x83")
def test_any_bytes(data: bytes) -> None:
    for raw in (data, b"\x83" + data, b"\x83l\0\0\0\x09" + data, b"\x83P\0\0\0\x09" + data):
        try:
            term, end = decode_prefix(raw)
        except TermError as error:
            assert error.offset is None or error.offset <= len(raw)  # noqa: PT017  (an error is one of two good ends)
        else:
            assert 0 < end <= len(raw)
            _same_again(term)


@given(TERMS, st.data())
def test_a_good_term_with_bytes_changed(term: Term, data: st.DataObject) -> None:
    raw = bytearray(encode(term))
    for _ in range(data.draw(st.integers(1, 3))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        found, _ = decode_prefix(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    except TermError:
        return
    _same_again(found)


def _same_again(term: Term) -> None:
    """What was decoded can be sent, and decodes to the same."""
    again = decode(encode(term))
    assert again == term or (isinstance(term, float) and math.isnan(term))
