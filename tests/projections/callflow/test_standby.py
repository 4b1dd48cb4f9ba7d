"""A line that serves caller after caller joins none of them: each of its events is rewritten, and each alone."""

import pytest

from projections.callflow import standby
from projections.callflow.fact import Fact, Kind, Tie
from tests.projections.callflow.facts import BEGIN

pytestmark = pytest.mark.pure

NOTHING: dict[str, str] = {}
JOINED = BEGIN // 1_000_000
BEFORE, AFTER = str(BEGIN - 60_000_000), str(BEGIN + 5_000_000)
"""when the other leg came to be: before the caller came to the queue, and since"""


def _fact(kind: Kind, leg: str, *ties: str, **data: str) -> Fact:
    return Fact(BEGIN, 1, 1, kind, leg, 1, "freeswitch@pbx1", data, tuple(Tie(tie, "bridge") for tie in ties))


def _of_caller(fact: Fact, created: str = BEFORE) -> list[Fact]:
    headers = {
        "variable_cc_agent_uuid": "line",
        "Other-Leg-Unique-ID": "line",
        "Other-Leg-Channel-Created-Time": created,
        "variable_cc_queue_joined_epoch": str(JOINED),
    }
    return standby.of_caller([fact], headers.get)


def test_a_bridge_with_the_line_is_one_with_its_stint() -> None:
    (bridge,) = _of_caller(_fact("bridge", "caller", "line", a="line", b="caller"))
    assert bridge.data == {"a": "line@caller", "b": "caller"}
    assert bridge.ties == ()


def test_an_agent_who_was_called_for_the_caller_is_no_line() -> None:
    bridge = _fact("bridge", "caller", "line", a="line", b="caller")
    assert _of_caller(bridge, created=AFTER) == [bridge]


def test_a_caller_who_has_gone_has_parted_from_the_line() -> None:
    complete, closed = _of_caller(_fact("complete", "caller"))
    assert complete.kind == "complete"
    assert (closed.kind, closed.leg) == ("closed", "line@caller")
    assert [tie.leg for tie in closed.ties] == ["caller"]


def test_a_caller_of_no_agent_is_left_as_he_is() -> None:
    bridge = _fact("bridge", "caller", "other", a="caller", b="other")
    assert standby.of_caller([bridge], NOTHING.get) == [bridge]


def test_the_line_is_tied_to_nobody_and_its_bridges_are_left_to_the_callers() -> None:
    get = {"variable_cc_agent_type": "uuid-standby", "Unique-ID": "line"}.get
    assert standby.of_line([_fact("bridge", "line", "caller", a="line", b="caller")], get) == []
    (answered,) = standby.of_line([_fact("answer", "line", "caller")], get)
    assert answered.ties == ()


def test_a_line_of_another_type_keeps_its_ties() -> None:
    bridge = _fact("bridge", "line", "caller", a="line", b="caller")
    assert standby.of_line([bridge], {"variable_cc_agent_type": "callback", "Unique-ID": "line"}.get) == [bridge]


@pytest.mark.parametrize(
    ("kind", "created", "stands_by"), [("uuid-standby", BEFORE, True), ("uuid-standby", AFTER, False)]
)
def test_only_a_line_that_was_open_before_the_caller_came_stands_by(kind: str, created: str, stands_by: bool) -> None:
    headers = {"variable_cc_agent_type": kind, "Caller-Channel-Created-Time": created}
    assert standby.stands_by((headers | {"CC-Member-Joined-Time": str(JOINED)}).get) == stands_by
    assert not standby.stands_by(headers.get)


def test_a_stint_begins_answered_as_a_leg_that_the_caller_made() -> None:
    profile = {"dialed_user": "1005", "other": "somebody", "other_type": "originator", "member": "somebody"}
    served, created, answered = standby.begun(_fact("queue", "caller", action="served"), "line", profile)
    assert [tie.leg for tie in served.ties] == ["line@caller"]
    assert (created.kind, answered.kind, created.leg) == ("create", "answer", "line@caller")
    assert created.data == {
        "dialed_user": "1005",
        "direction": "outbound",
        "created": str(BEGIN),
        "answered": str(BEGIN),
    }


@pytest.mark.parametrize(("said", "kept"), [("recv_bye", "recv_bye"), ("", "send_bye")])
def test_a_stint_ends_by_the_agent_where_his_line_says_so(said: str, kept: str) -> None:
    ended = standby.over(_fact("queue", "caller"), "line", said)
    assert [fact.kind for fact in ended] == ["hangup", "complete"]
    assert {fact.leg for fact in ended} == {"line@caller"}
    assert {fact.data["disposition"] for fact in ended} == {kept}
