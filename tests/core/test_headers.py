"""Headers are found in both encodings, the last of a name counts, and any bytes give an answer or one error type."""

from __future__ import annotations

import time
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import MalformedEvent
from core.headers import header, headers, is_event, text
from tests.core.made import capture, event, refusal, term

pytestmark = pytest.mark.pure

both = pytest.mark.parametrize("as_binary", [False, True], ids=["string", "binary"])
some_bytes = st.binary(max_size=60)


@both
def test_a_header_is_found(as_binary: bool) -> None:
    message = term([(b"Event-Name", b"API"), (b"X", b"\xc3\xa4\xff")], as_binary=as_binary)
    assert header(message, b"Event-Name") == b"API"
    assert header(message, b"X") == b"\xc3\xa4\xff"
    assert header(message, b"Event") is None


@both
def test_the_last_of_a_name_counts(as_binary: bool) -> None:
    message = term([(b"Event-Sequence", b"1"), (b"Y", b"z"), (b"Event-Sequence", b"22")], as_binary=as_binary)
    assert header(message, b"Event-Sequence") == b"22"
    assert headers(message)[b"Event-Sequence"] == b"22"


def test_the_second_block_of_a_private_command_counts() -> None:
    doubles = [one for one in capture("17") if one.count(b"\x0eEvent-Sequence") > 1]
    assert doubles, "this capture has PRIVATE_COMMANDs with two blocks"
    for message in doubles:
        assert header(message, b"Event-Name") == b"PRIVATE_COMMAND"
        assert header(message, b"Event-Sequence") == headers(message)[b"Event-Sequence"]


@both
@pytest.mark.parametrize("size", [0, 1, 65535, 65536, 70000])
def test_values_of_every_length(size: int, as_binary: bool) -> None:
    value = bytes(range(1, 251)) * (size // 250 + 1)
    message = term([(b"Before", b"b"), (b"body", value[:size]), (b"After", b"a")], as_binary=as_binary)
    assert header(message, b"body") == value[:size]
    assert headers(message) == {b"Before": b"b", b"body": value[:size], b"After": b"a"}


@given(st.lists(st.tuples(some_bytes.filter(len), some_bytes)), st.booleans(), st.none() | some_bytes)
def test_headers_reads_what_was_written(pairs: list[tuple[bytes, bytes]], as_binary: bool, leg: bytes | None) -> None:
    assert headers(term(pairs, leg, as_binary=as_binary)) == dict(pairs)


c_string = st.binary(max_size=60).map(lambda value: value.replace(b"\0", b"h\x02k"))


@given(st.lists(st.tuples(c_string.filter(len), c_string), min_size=1), st.booleans())
def test_header_agrees_with_headers_whatever_c_strings_hold(pairs: list[tuple[bytes, bytes]], as_binary: bool) -> None:
    message = term(pairs, as_binary=as_binary)
    assert {name: header(message, name) for name, _ in pairs} == headers(message)


@pytest.mark.parametrize("scenario", ["01-", "01b", "45-", "45b", "55", "56"])
def test_header_agrees_with_headers_on_recorded_events(scenario: str) -> None:
    for message in capture(scenario)[:200]:
        found = headers(message)
        assert {name: header(message, name) for name in found} == found


@given(st.binary(max_size=300))
def test_any_bytes_give_headers_or_the_one_error(data: bytes) -> None:
    for message in (data, b"\x83h\x02d\x00\x05eventl" + data, event()[:40] + data):
        _answers(message)


@given(st.data())
def test_damaged_events_give_headers_or_the_one_error(data: st.DataObject) -> None:
    whole = event(Body="x" * 50)
    at = data.draw(st.integers(0, len(whole) - 1))
    damaged = whole[:at] + data.draw(st.binary(max_size=4)) + whole[at + data.draw(st.integers(0, 6)) :]
    _answers(damaged)
    _answers(whole[:at])


def _answers(message: bytes) -> None:
    error = refusal(headers, message)
    if error is not None:
        assert 0 <= error.offset <= len(message)
        assert error.code.startswith("event.")
        assert str(error).endswith(").")
    for name in (b"Event-Name", b"Unique-ID", b"Event-Sequence"):
        error = refusal(partial(header, name=name), message)
        assert error is None or 0 <= error.offset <= len(message)


def test_every_cut_of_an_event_is_refused() -> None:
    whole = event()
    for size in range(len(whole)):
        with pytest.raises(MalformedEvent):
            headers(whole[:size])


@pytest.mark.parametrize("stray", [b"", b"\0", b"more bytes", b"j"])
def test_stray_bytes_behind_the_term_are_ignored(stray: bytes) -> None:
    assert headers(event() + stray) == headers(event())


def test_reading_takes_linear_time() -> None:
    def took(count: int) -> float:
        message = term([(b"h\x02k\x00\x03abck", b"\x02k\x00h" * 20)] * count)
        start = time.perf_counter()
        headers(message)
        header(message, b"not there")
        return time.perf_counter() - start

    assert min(took(20_000) for _ in range(3)) < 40 * min(took(2_000) for _ in range(3))


def test_replies_are_no_events() -> None:
    assert is_event(event())
    assert is_event(event(as_binary=True))
    assert not is_event(b"\x83d\x00\x02ok")
    assert not is_event(b"")


@pytest.mark.parametrize("atom", [b"d\x00\x05event", b"w\x05event", b"s\x05event", b"v\x00\x05event"])
def test_every_way_to_write_the_atom_is_understood(atom: bytes) -> None:
    message = event().replace(b"d\x00\x05event", atom)
    assert headers(message) == headers(event())
    assert is_event(message)


def test_text_is_utf8_or_else_latin_1() -> None:
    assert text("Zoë".encode()) == text("Zoë".encode("latin-1")) == "Zoë"
