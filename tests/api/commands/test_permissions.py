"""Who may command what: a table of roles, orders and calls."""

import json
from typing import Any

import pytest

from api.access.principal import Principal
from api.commands.bodies import HangupBody, OfCall, PickupBody, TransferBody
from api.commands.leg_choice import SeenCall, seen
from api.commands.permissions import in_sight, legs_of, may_command, meant, picked
from core.commands import orders
from core.commands.orders import Order
from core.reach import Reach
from core.roles import Standing
from tests.api.documents import attended, leg, segment

pytestmark = pytest.mark.pure
AT = "@alpha.example"
ALICE = Principal("crm", "alpha.example", standing=Standing("user", f"1001{AT}", colleagues=(f"1002{AT}",)))
BOB = Principal("b", "alpha.example", standing=Standing("user", f"1002{AT}"))
CAROL = Principal("c", "alpha.example", standing=Standing("user", f"1003{AT}"))
ERIN = Principal(
    "e", "alpha.example", standing=Standing("supervisor", f"1005{AT}", Reach((f"1002{AT}",), (f"support{AT}",)))
)
A, B = leg("a", "1001", "16.0Z", None), leg("b", "1002", "17.0Z", None) | {"role": "callee"}
TALK = segment("talk", ["1001", "1002"], "18.0Z", None)
WAIT = segment("queue", ["1001", "queue:support"], "16.0Z", None)


def call(*legs: dict[str, Any], segments: list[Any] | None = None, **more: Any) -> SeenCall:
    return seen(document(*legs, segments=segments, **more))


def document(*legs: dict[str, Any], segments: list[Any] | None = None, **more: Any) -> bytes:
    parties = [{"party": one["party"], "user": f"{one['party']}{AT}"} for one in legs or (A, B)]
    made = attended() | {"state": "talking", "parties": parties, "legs": list(legs or (A, B))}
    return json.dumps(made | {"segments": [TALK] if segments is None else segments} | more).encode()


OUTSIDE: dict[str, Any] = {"from": {"party": "1001", "number": "1001", "user": None}}
"""somebody who shows 1001"""
ELSEWHERE = call(leg("x", "1007", "16.0Z", None) | {"role": "caller"}, B, segments=[])


@pytest.mark.parametrize(
    ("order", "may"),
    [
        (orders.Hangup(leg="a"), [ALICE]),
        (orders.Hangup(leg="b"), [BOB]),
        (orders.Hold(leg="b"), [BOB]),
        (orders.Resume(leg="a"), [ALICE]),
        (orders.SendMessage(leg="a", text="x"), [ALICE]),
        (orders.RecordStart(leg="a", name="x"), [ALICE]),
        (orders.RecordStop(leg="b", name="x"), [BOB]),
        (orders.TransferBlind(leg="a", to="1", context="c"), [ALICE, BOB]),
        (orders.TransferAttendedStart(leg="b", other="a", to="1", context="c"), [BOB]),
        (orders.TransferAttendedComplete(leg="b", other="a", consult="z"), [BOB]),
        (orders.TransferAttendedCancel(leg="a", other="b", consult="z"), [ALICE]),
        (orders.Conference(leg="a", to="1", context="c"), [ALICE]),
        (orders.Park(leg="b"), [ALICE, BOB]),
        (orders.Dtmf(leg="b", digits="1"), [ALICE, BOB]),
        (orders.ConferenceMute(room="r", leg="a"), [ALICE]),
        (orders.ConferenceUnmute(room="r", leg="a"), [ALICE]),
        (orders.ConferenceKick(room="r", leg="b"), [BOB]),
        (orders.Pickup(from_user=f"1001{AT}", leg="b"), [ALICE]),
        (orders.Pickup(from_user=f"1003{AT}", leg="b"), []),
        (orders.Eavesdrop(from_user=f"1005{AT}", leg="a"), [ERIN]),
        (orders.Eavesdrop(from_user=f"1005{AT}", leg="b", mode="barge"), [ERIN]),
        (orders.Eavesdrop(from_user=f"1001{AT}", leg="b"), []),
        (orders.Originate(from_user=f"1003{AT}", to="1", context="c"), [CAROL]),
    ],
)
def test_a_person_commands_his_own(order: Order, may: list[Principal]) -> None:
    people = (ALICE, BOB, CAROL, ERIN)
    assert [who for who in people if may_command(who, order, call())] == may


def test_a_supervisor_hears_his_agents_and_queues_alone() -> None:
    order = orders.Eavesdrop(from_user=f"1005{AT}", leg="a")
    other = call(A, leg("d", "1004", "17.0Z", None), segments=[segment("talk", ["1001", "1004"], "18.0Z", None)])
    assert not may_command(ERIN, order, other)
    waiting = call(A, segments=[WAIT])
    assert may_command(ERIN, order, waiting), "in his queue"
    assert not may_command(ERIN, orders.Hangup(leg="a"), waiting), "he listens, and commands nobody else's phone"


def test_who_shows_a_number_is_not_its_user() -> None:
    caller = A | {"role": "caller"}
    forged = call(
        caller, B, parties=[{"party": "1001", "user": None}, {"party": "1002", "user": f"1002{AT}"}], **OUTSIDE
    )
    assert not may_command(ALICE, orders.Hangup(leg="a"), forged)
    # Also where 1001 himself is in the call, whom the document gives the same name.
    both = call(caller, B, leg("c", "1001", "17.0Z", None) | {"role": "callee"}, **OUTSIDE)
    assert legs_of(both, (f"1001{AT}",)) == {"c"}


def test_whom_one_does_not_talk_with_is_left_alone() -> None:
    order = orders.Park(leg="b")
    third = call(A, B, leg("c", "1003", "17.0Z", None))
    assert not may_command(CAROL, order, third)
    assert not may_command(CAROL, orders.Dtmf(leg="a", digits="1"), third)


def test_what_names_nobody_means_the_askers_own_leg() -> None:
    wanted: list[tuple[OfCall, OfCall]] = [
        (HangupBody(), HangupBody(leg="b")),
        (HangupBody(party="1001"), HangupBody(party="1001")),
        (TransferBody(kind="blind", to="1003"), TransferBody(kind="blind", to="1003", by="b")),
    ]
    for said, becomes in wanted:
        assert meant(BOB, said, call()) == becomes
        assert meant(Principal("desk", "alpha.example"), said, call()) == said
        assert meant(CAROL, said, call()) == said


def test_a_call_that_is_not_ones_own_can_be_picked_up_while_it_rings_at_a_colleagues() -> None:
    caller = leg("x", "1007", "16.0Z", None) | {"role": "caller"}
    rings = document(caller, B | {"answered_at": None}, segments=[segment("ring", ["1007", "1002"], "17.0Z", None)])
    body = PickupBody(user=f"1001{AT}")
    assert picked(ALICE, body, rings) == PickupBody(user=f"1001{AT}", leg="b")
    assert picked(ALICE, PickupBody(user=f"1001{AT}", party="1002"), rings) == PickupBody(user=f"1001{AT}", leg="b")
    for wrong in (PickupBody(user=f"1001{AT}", party="1007"), PickupBody(user=f"1001{AT}", leg="x")):
        assert picked(ALICE, wrong, rings) is None
    assert picked(ALICE, body, document()) is None, "it rings no more"
    assert picked(CAROL, body, rings) is None
    assert picked(ALICE, body, json.dumps(attended()).encode()) is None, "it has ended"


def test_for_a_pickup_colleagues_calls_are_in_sight() -> None:
    assert in_sight(ALICE, picks_up=False) == Reach((f"1001{AT}",))
    assert in_sight(ALICE, picks_up=True) == Reach((f"1001{AT}", f"1002{AT}"))
    assert in_sight(Principal("desk", "alpha.example"), picks_up=True) is None
    assert not may_command(ALICE, orders.Pickup(from_user=f"1001{AT}", leg="x"), ELSEWHERE)
