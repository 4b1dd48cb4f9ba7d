"""Whose leg a command means, from documents by hand."""

import json
from typing import Any

import pytest

from api.commands.bodies import HoldBody, OfOne
from api.commands.errors import CallEnded, NoLeg, WhichLeg
from api.commands.leg_choice import anybody, by_party, caller, holder, in_room, named, only, peer, ringing, seen
from tests.api.documents import attended, leg, segment

pytestmark = pytest.mark.pure


def document(legs: list[dict[str, Any]], *segments: dict[str, Any], **more: Any) -> bytes:
    parties = [{"party": one["party"], "user": f"{one['party']}@alpha.example"} for one in legs]
    made = attended() | {"state": "talking", "parties": parties, "legs": legs, "segments": list(segments)} | more
    return json.dumps(made).encode()


A, B = leg("a", "1001", "16.0Z", None), leg("b", "1002", "17.0Z", None) | {"role": "callee"}
TALK = segment("talk", ["1001", "1002"], "18.0Z", None)


def test_a_party_by_its_number_its_user_or_its_leg() -> None:
    call = seen(document([A, B], TALK))
    assert by_party(call, "1002").leg_id == by_party(call, "1002@alpha.example").leg_id == "b"
    assert anybody(call, "b").leg_id == anybody(call, "1002").leg_id == "b"
    assert named(call, OfOne()) is None
    assert named(call, HoldBody(leg="a")) == named(call, HoldBody(party="1001"))
    with pytest.raises(WhichLeg, match="not both"):
        named(call, OfOne(leg="a", party="1001"))
    with pytest.raises(NoLeg, match=r"'1003' has no leg in the call \S+ now: there is 1001 on a, 1002 on b"):
        by_party(call, "1003")
    with pytest.raises(NoLeg, match="has no leg 'x'"):
        named(call, OfOne(leg="x"))


def test_a_call_that_has_ended() -> None:
    with pytest.raises(CallEnded, match="has ended"):
        seen(json.dumps(attended()).encode())
    gone = [one | {"ended_at": "2026-11-23T08:51:20.000000Z"} for one in (A, B)]
    with pytest.raises(CallEnded):
        seen(document(gone))


def test_a_leg_that_has_ended_cannot_be_commanded() -> None:
    call = seen(document([A, B | {"ended_at": "2026-11-23T08:51:20.000000Z"}]))
    assert only(call, "x").leg_id == "a"
    with pytest.raises(NoLeg, match="b of 1002 has ended"):
        named(call, OfOne(leg="b"))
    with pytest.raises(NoLeg):
        by_party(call, "1002")


def test_who_has_several_legs_must_say_which() -> None:
    call = seen(document([A, B, leg("c", "1002", "19.0Z", None)]))
    with pytest.raises(WhichLeg, match="1002 on b, 1002 on c"):
        by_party(call, "1002")
    assert named(call, OfOne(leg="c")) is not None
    with pytest.raises(WhichLeg, match="Say which party holds, as `party` or `leg`: there is 1001 on a"):
        only(call, "holds")


def test_the_caller_or_who_took_over() -> None:
    assert caller(seen(document([B, A], TALK))).leg_id == "a"
    gone = A | {"ended_at": "2026-11-23T08:51:20.000000Z"}
    assert caller(seen(document([gone, B]))).leg_id == "b"


def test_who_talks_with_whom_now() -> None:
    c = leg("c", "1003", "19.0Z", None) | {"role": "callee"}
    before = segment("talk", ["1001", "1002"], "18.0Z", "19.0Z")
    call = seen(document([A, B, c], before, segment("talk", ["1001", "1003"], "20.0Z", None)))
    first, second, third = call.live_legs
    assert peer(call, first) == third
    assert peer(call, third) == first
    with pytest.raises(NoLeg, match="1002 talks with nobody"):
        peer(call, second)
    held = segment("hold", ["1001"], "21.0Z", None, by="1002")
    call = seen(document([A, B], before, held))
    first, second = call.live_legs
    assert peer(call, second) == first, "who holds, and who is held"
    assert peer(call, first) == second
    assert holder(call) == second


def test_a_talk_of_three_and_several_who_hold() -> None:
    c = leg("c", "1003", "19.0Z", None)
    call = seen(document([A, B, c], segment("talk", ["1001", "1002", "1003"], "20.0Z", None)))
    with pytest.raises(WhichLeg, match="talks with several"):
        peer(call, call.live_legs[0])
    with pytest.raises(NoLeg, match="Nobody is on hold"):
        holder(call)
    both = [segment("hold", [one], "21.0Z", None, by=by) for one, by in (("1001", "1002"), ("1002", "1001"))]
    with pytest.raises(WhichLeg, match="1001, 1002"):
        holder(seen(document([A, B], *both)))


def test_a_phone_that_rings() -> None:
    call = seen(document([A | {"answered_at": None}, B], segment("ring", ["1002"], "17.0Z", None), state="ringing"))
    assert ringing(call).leg_id == "b"
    with pytest.raises(NoLeg, match="No phone rings"):
        ringing(seen(document([A, B], TALK)))


def test_who_is_in_a_room() -> None:
    inside = segment("conference", ["1001", "conference:3001"], "18.0Z", None, room="3001")
    call = seen(document([A, B], inside))
    assert [one.leg_id for one in in_room(call, "3001")] == ["a"]
    assert in_room(call, "3002") == []
    with pytest.raises(NoLeg, match="talks with nobody"):
        peer(call, call.live_legs[0])
