"""States give back the term they were made of, name their dictionary, and show damage."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from core.log import codec
from core.log.codec import BadState, Decoder, Encoder, decoder
from core.log.train import samples, size_of, train
from tests.core.made import CAPTURES, capture, event

pytestmark = pytest.mark.pure


@given(st.binary(max_size=500))
def test_any_bytes_come_back(data: bytes) -> None:
    assert decoder().decode(Encoder().encode(data)) == data


def test_many_at_once_give_the_same_as_one_by_one() -> None:
    terms = [*capture("01-"), event()]
    states = Encoder().encode_all(terms)
    assert states == [Encoder().encode(term) for term in terms]
    assert [decoder().decode(state) for state in states] == terms
    assert Encoder().encode_all([]) == []


def test_a_state_is_a_version_byte_and_a_frame_that_names_its_dictionary() -> None:
    state = Encoder().encode(event())
    assert state[:1] == b"\x01"
    frame = zstandard.get_frame_parameters(state[1:])
    assert frame.dict_id == codec.CURRENT
    assert frame.has_checksum
    assert codec.CURRENT in codec.dictionaries()


def test_dictionaries_coexist() -> None:
    old = Encoder().encode(event())
    none = Encoder(dictionary=0).encode(event())
    reader = Decoder()
    assert reader.decode(old) == reader.decode(none) == reader.decode(b"\x00" + event()) == event()
    assert zstandard.get_frame_parameters(none[1:]).dict_id == 0


@given(st.data())
def test_damage_is_seen(data: st.DataObject) -> None:
    state = bytearray(Encoder().encode(event()))
    at = data.draw(st.integers(1, len(state) - 1))
    state[at] ^= data.draw(st.integers(1, 255))
    try:
        found = decoder().decode(bytes(state))
    except BadState:
        return
    assert found == event()  # a bit of the header that says nothing about the content


@pytest.mark.parametrize("state", [b"", b"\x01", b"\x02abc", b"\xff", b"\x01" + b"x" * 50])
def test_what_is_no_state_is_refused(state: bytes) -> None:
    with pytest.raises(BadState):
        Decoder().decode(state)


def test_an_unknown_dictionary_is_named() -> None:
    other = zstandard.ZstdCompressionDict(train(samples(CAPTURES.glob("01*/events.etf.gz")), 200, 4096))
    state = b"\x01" + zstandard.ZstdCompressor(level=1, dict_data=other).compress(event())
    with pytest.raises(BadState, match="dictionary 200"):
        Decoder().decode(state)


def test_a_dictionary_of_other_scenarios_brings_events_under_800_bytes() -> None:
    # Learnt from transfers and queues, tried on plain calls: never on what it has seen.
    learnt = samples([path for number in ("10-", "13-", "16", "19", "30", "50-") for path in _files(number)])
    tried = samples([path for number in ("01-", "02", "03", "17", "38") for path in _files(number)])
    assert size_of(tried, train(learnt, 9)) < 800
    assert not set(learnt) & set(tried)


def test_one_object_serves_many_threads_at_once() -> None:
    terms = [term for number in ("01-", "10-", "54-") for term in capture(number)[:300]]
    encoder, reader = Encoder(), Decoder()
    states = encoder.encode_all(terms)
    with ThreadPoolExecutor(8) as threads:
        for _ in range(3):
            assert list(threads.map(encoder.encode, terms, chunksize=10)) == states
            assert list(threads.map(reader.decode, states, chunksize=10)) == terms


def _files(number: str) -> list[Path]:
    return list(CAPTURES.glob(f"{number}*/events.etf.gz"))
