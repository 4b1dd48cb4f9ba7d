"""An event's identity: who made it, which leg, which number, when; and what is refused."""

from __future__ import annotations

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import MalformedEvent
from core.event import SwitchEvent, identify, leg_of, stream_of, version_of
from core.headers import headers, text
from core.numbers import LATEST
from tests.core.made import CORE, LEG, capture, event, refusal, short_captures, term

pytestmark = pytest.mark.pure

both = pytest.mark.parametrize("as_binary", [False, True], ids=["string", "binary"])


@both
def test_identity(as_binary: bool) -> None:
    found = identify(event(77, "CHANNEL_HANGUP", occurred_at=1_795_000_000_123_456, as_binary=as_binary))
    assert (found.core_uuid, found.sequence, found.leg, found.topic) == (CORE, 77, LEG, "CHANNEL_HANGUP")
    assert found.occurred_at == 1_795_000_000_123_456
    assert found.stream == UUID(LEG)


def test_events_without_a_leg_belong_to_the_core() -> None:
    found = identify(event(1, "HEARTBEAT", leg=None))
    assert found.leg is None
    assert found.stream == UUID(CORE)


def test_custom_events_are_named_with_their_subclass() -> None:
    assert identify(event(1, "CUSTOM", Event_Subclass="sofia::register")).topic == "CUSTOM sofia::register"
    assert identify(event(1, "CUSTOM")).topic == "CUSTOM"


@pytest.mark.parametrize("scenario", short_captures())
def test_the_quick_way_finds_what_the_slow_way_finds(scenario: str) -> None:
    for message in capture(scenario):
        found, slow = identify(message), headers(message)
        assert found.core_uuid.encode() == slow[b"Core-UUID"]
        assert found.sequence == int(slow[b"Event-Sequence"])
        assert found.occurred_at == int(slow[b"Event-Date-Timestamp"])
        assert found.topic.split(" ")[0].encode() == slow[b"Event-Name"]
        if b"Unique-ID" in slow:
            assert found.leg == text(slow[b"Unique-ID"])


def test_no_two_recorded_events_share_an_identity() -> None:
    # In capture 52 every RECV_MESSAGE is a copy of its MESSAGE, sequence and all.
    seen: dict[tuple[str, UUID, int], bytes] = {}
    for scenario in short_captures():
        for message in capture(scenario):
            found = identify(message)
            key = found.core_uuid, found.stream, found.sequence
            assert seen.setdefault(key, message) is message, f"{scenario}: {found}"


@pytest.mark.parametrize("leg", ["pickup-2001", "5ab3839f-cd3e-404b-afd8-2774bb15be3", "Zoë", "x" * 36, LEG.upper()])
def test_legs_may_be_any_text(leg: str) -> None:
    stream = stream_of(leg)
    assert stream.version == 5
    assert stream == stream_of(leg)
    assert stream != stream_of(leg + "x")


@given(st.uuids(), st.uuids())
def test_legs_in_the_usual_spelling_are_their_own_stream(one: UUID, other: UUID) -> None:
    assert stream_of(str(one)) == one
    assert (stream_of(str(one)) == stream_of(str(other))) == (one == other)


def test_a_leg_named_only_in_a_header_counts() -> None:
    assert leg_of(term([(b"Unique-ID", b"abc")])) == b"abc"
    assert leg_of(term([(b"unique-id", b"5901")], b"5901")) == b"5901"
    assert leg_of(term([(b"X", b"y")])) is None


@pytest.mark.parametrize(
    "missing", [b"Event-Name", b"Core-UUID", b"Event-Sequence", b"Event-Date-Timestamp"], ids=lambda name: name.decode()
)
@both
def test_an_event_that_lacks_what_makes_it_one_is_refused(missing: bytes, as_binary: bool) -> None:
    whole = headers(event())
    whole.pop(missing)
    with pytest.raises(MalformedEvent, match=missing.decode()):
        identify(term(whole.items(), LEG.encode(), as_binary=as_binary))


@pytest.mark.parametrize("value", [b"", b"-1", b"1e5", b"\xd9\xa3", b"9" * 19, b"1099511627776"])
def test_a_sequence_must_be_a_number_of_40_bits(value: bytes) -> None:
    pairs = headers(event()) | {b"Event-Sequence": value}
    with pytest.raises(MalformedEvent):
        identify(term(pairs.items()))


def test_a_time_must_be_one_that_everybody_can_write() -> None:
    assert identify(event(1, occurred_at=LATEST)).occurred_at == LATEST
    with pytest.raises(MalformedEvent, match="9998"):
        identify(event(1, occurred_at=LATEST + 1))


@pytest.mark.parametrize("name", [b"", b"X" * 256, b"A\0B"])
def test_a_name_must_be_one(name: bytes) -> None:
    with pytest.raises(MalformedEvent):
        identify(term((headers(event()) | {b"Event-Name": name}).items(), as_binary=True))


@given(st.data())
def test_damaged_events_are_identified_or_refused(data: st.DataObject) -> None:
    whole = event()
    at = data.draw(st.integers(0, len(whole)))
    for damaged in (whole[:at], whole[:at] + data.draw(st.binary(max_size=9)) + whole[at:]):
        error = refusal(identify, damaged)
        assert error is None or 0 <= error.offset <= len(damaged)


def test_every_cut_is_refused() -> None:
    whole = event()
    for size in range(len(whole)):
        with pytest.raises(MalformedEvent):
            identify(whole[:size])


def test_a_stored_event_reads_its_headers() -> None:
    stored = SwitchEvent(1, UUID(LEG), version_of(3, 77), "CHANNEL_ANSWER", 5, 6, "a@b", event(77, Name="Zoë"))
    assert stored.get("Name") == "Zoë"
    assert stored.get("Nothing") is None
    assert (stored.leg, stored.run, stored.sequence) == (LEG, 3, 77)
    assert (stored.originator_id, stored.originator_version) == (stored.stream, stored.version)
