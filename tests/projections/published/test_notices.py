"""From switch events to notices: what each says, whose it is, and that it is always the same."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core import own_event as own
from core.event import SwitchEvent
from core.log.prepare import Incoming
from projections.published.notice import Notice
from projections.published.notices import TOPICS, notices
from tests.projections.callflow.folding import CAPTURES, SCENARIOS
from tests.projections.filling import made_event
from tests.projections.published.recorded import events_of, in_a_log

pytestmark = pytest.mark.pure

CORE = "11111111-2222-3333-4444-555555555555"
AT = 1_795_000_000_000_000


def told(name: str, *kinds: str) -> list[Notice]:
    """The notices of a recording."""
    folder = CAPTURES if (CAPTURES / name).exists() else SCENARIOS
    found = [notice for event in events_of(name, folder) for notice in notices(event)]
    return [notice for notice in found if not kinds or notice.type in kinds]


def of(term: bytes) -> list[Notice]:
    """The notices of one event of our own."""
    return [notice for event in in_a_log([Incoming("harmony@here", term, AT)]) for notice in notices(event)]


def one(made: Incoming) -> SwitchEvent:
    """A made-up event as it stands in a log."""
    return next(iter(in_a_log([made])))


def data(notice: Notice) -> dict[str, Any]:
    """The data of a notice."""
    found: dict[str, Any] = msgspec.to_builtins(notice.data)
    return found


def test_registrations_as_the_switch_tells_them() -> None:
    """46: four register, one of them for five seconds; two are refused; one signs off, one renews, one expires."""
    assert [(notice.type.partition(".")[2], notice.subject, notice.tenant) for notice in told("46-registrations")] == [
        ("registered", "1001@alpha.example", "alpha.example"),
        ("registered", "1002@alpha.example", "alpha.example"),
        ("registered", "1003@alpha.example", "alpha.example"),
        ("failed", "1004@alpha.example", "alpha.example"),
        ("failed", "1099@alpha.example", "alpha.example"),
        ("registered", "1001@beta.example", "beta.example"),
        ("unregistered", "1002@alpha.example", "alpha.example"),
        ("registered", "1001@alpha.example", "alpha.example"),
        ("expired", "1003@alpha.example", "alpha.example"),
    ]
    mine = [notice for notice in told("46-registrations") if notice.subject == "1001@alpha.example"]
    assert len({data(notice)["sip_call_id"] for notice in mine}) == 1  # a renewal, by its Call-ID
    assert mine[0].parties == ("1001", "1001@alpha.example")
    assert data(mine[0])["expires_seconds"] == 300
    assert data(mine[0])["status"] == "Registered(UDP)"


def test_a_caller_who_is_answered_out_of_a_queue() -> None:
    found = told("30-queue-answered")
    assert [notice.type.partition(".")[2] for notice in found] == [
        "joined",
        "waiting",
        "agent_state",
        "offered",
        "answered",
        "waiting",
        "agent_state",
        "talk_ended",
        "left",
        "agent_state",
    ]
    assert {notice.tenant for notice in found} == {"alpha.example"}
    members = [notice for notice in found if "agent_state" not in notice.type]
    assert {notice.subject for notice in members} == {"support@alpha.example"}
    assert {notice.queues for notice in members} == {("support", "support@alpha.example")}
    left = data(found[-2])
    assert (left["outcome"], left["agent"], left["wait_seconds"]) == ("answered", "1003@alpha.example", 1.0)
    assert found[-2].parties == ("+491701234567", "1003", "1003@alpha.example")
    assert [data(notice)["state"] for notice in found if notice.type == "queue.agent_state"] == [
        "Receiving",
        "In a queue call",
        "Waiting",
    ]


@pytest.mark.parametrize(
    ("name", "outcome", "reason"),
    [
        ("31-queue-abandoned", "abandoned", "BREAK_OUT"),
        ("32d-queue-abandon-ringing", "abandoned", "BREAK_OUT"),
        ("32e-queue-timeout", "timeout", "TIMEOUT"),
    ],
)
def test_a_caller_who_is_not_answered(name: str, outcome: str, reason: str) -> None:
    (left,) = told(name, "queue.left")
    told_of = data(left)
    assert (told_of["outcome"], told_of["reason"], told_of["agent"]) == (outcome, reason, None)
    assert told_of["wait_seconds"] >= 1


def test_an_agent_who_declines_and_one_who_takes_the_call() -> None:
    (failed,) = told("32c-queue-reject-next", "queue.offer_failed")
    assert (data(failed)["agent"], data(failed)["cause"]) == ("1003@alpha.example", "CALL_REJECTED")
    (answered,) = told("32c-queue-reject-next", "queue.answered")
    assert data(answered)["agent"] == "1004@alpha.example"
    assert "Available" in {data(notice)["status"] for notice in told("32c-queue-reject-next", "queue.agent_status")}


def test_a_queue_of_mod_fifo() -> None:
    found = told("90-fifo")
    assert [notice.type for notice in found] == ["queue.joined", "queue.answered", "queue.talk_ended", "queue.left"]
    assert {notice.subject for notice in found} == {"help@alpha.example"}
    assert data(found[1])["agent"] == "1003"
    assert data(found[2])["talk_seconds"] == pytest.approx(2.02, abs=0.01)
    assert {data(notice)["caller_number"] for notice in found} == {"1001"}


def test_a_new_core_is_a_restart() -> None:
    headers: dict[str, str | int] = {"Harmony_Switch": "fs@b", "Harmony_Core_UUID": CORE, "Harmony_Until": AT}
    assert [notice.type for notice in of(own.own_event(own.LINK_UP, CORE, 1, AT, **headers))] == ["switch.link_up"]
    again = of(own.own_event(own.LINK_UP, CORE, 2, AT, **(headers | {"Harmony_Old_Core_UUID": "old"})))
    assert [notice.type for notice in again] == ["switch.link_up", "switch.restarted"]
    assert {notice.subject for notice in again} == {"fs@b"}
    assert [notice.tenant for notice in again] == [None, None]
    assert data(again[1])["old_core_uuid"] == "old"


def test_a_command_is_its_tenants_and_its_calls() -> None:
    headers = {
        "Harmony_Command": "c1",
        "Harmony_Kind": "originate",
        "Harmony_Tenant": "alpha.example",
        "Harmony_By": "crm",
        "Harmony_Call": "call-1",
        "Harmony_Switch": "fs@b",
        "Harmony_Arguments": '{"from_user":"1001@alpha.example","to":"1002","timeout":30}',
    }
    (asked,) = of(own.own_event(own.COMMAND_REQUESTED, CORE, 1, AT, **headers))
    assert (asked.type, asked.subject, asked.call_id) == ("command.requested", "c1", "call-1")
    assert asked.tenant == "alpha.example"
    assert asked.parties == ("1001", "1001@alpha.example", "1002")
    assert data(asked)["arguments"]["timeout"] == 30
    more = {
        "Harmony_Tenant": "",
        "Harmony_Call": "",
        "Harmony_Result": "failed",
        "Harmony_Said": "-ERR no such channel",
    }
    (done,) = of(own.own_event(own.COMMAND_COMPLETED, CORE, 2, AT, **(headers | more)))
    assert (done.tenant, done.call_id) == (None, None)
    assert (data(done)["result"], data(done)["said"]) == ("failed", "-ERR no such channel")
    strange = of(own.own_event(own.COMMAND_COMPLETED, CORE, 3, AT, **(headers | {"Harmony_Result": "splendid"})))
    assert data(strange[0])["result"] == "unknown"


def test_what_an_operator_did() -> None:
    headers = {"Harmony_Action": "replay", "Harmony_By": "ops", "Harmony_Tenant": "", "Harmony_Details": '{"speed":10}'}
    (acted,) = of(own.own_event(own.OPERATOR, CORE, 1, AT, **headers))
    assert (acted.subject, acted.tenant) == ("replay", None)
    assert data(acted)["details"] == {"speed": 10}
    (broken,) = of(own.own_event(own.OPERATOR, CORE, 2, AT, **(headers | {"Harmony_Details": "[1"})))
    assert data(broken)["details"] == {}


@pytest.mark.parametrize("host", ["10.0.0.1", "[2001:db8::1]", "2001:db8::1", ""])
def test_nobodys_registration_is_given_to_nobody(host: str) -> None:
    event = one(made_event("sofia::register_failure", 1, to_user="1001", to_host=host, realm=host))
    assert [notice.tenant for notice in notices(event)] == ([None] if host else [])


def test_a_queue_without_a_domain_is_nobodys() -> None:
    event = one(made_event("callcenter::info", 1, CC_Queue="support", CC_Action="members-count", CC_Count="3"))
    assert [(notice.tenant, notice.queues) for notice in notices(event)] == [(None, ("support",))]


def test_the_authentication_of_a_call_is_no_registration() -> None:
    assert told("01-answered-caller-hangs-up") == []
    failure = {"to_user": "1001", "to_host": "alpha.example", "registration_type": "INVITE"}
    assert notices(one(made_event("sofia::register_failure", 1, **failure))) == []


def test_ids_depend_on_the_event_alone() -> None:
    events = events_of("46-registrations") + events_of("30-queue-answered")
    before = [notice.event_id for event in events for notice in notices(event)]
    # Another log gives the core another number, and the event another place.
    moved = [
        msgspec.structs.replace(event, position=event.position + 5000, version=event.version + (7 << 40))
        for event in reversed(events)
    ]
    after = [notice.event_id for event in moved for notice in notices(event)]
    assert sorted(before) == sorted(after)
    assert Counter(before).most_common(1)[0][1] == 1


NAMES = [
    *("CC-Action", "CC-Queue", "CC-Agent", "CC-Count", "CC-Cause", "CC-Member-Joined-Time", "CC-Agent-Answered-Time"),
    *("CC-Agent-State", "FIFO-Action", "FIFO-Name", "FIFO-Caller-Talk-Time-us", "to-user", "to-host", "from-user"),
    *("from-host", "user", "host", "expires", "network-port", "realm", "Harmony-Since", "Harmony-Until"),
    *("Harmony-Missing", "Harmony-Command", "Harmony-Action", "Harmony-Arguments", "Harmony-Result", "Harmony-Details"),
    *("Harmony-Old-Core-UUID", "Harmony-Tenant"),
]
VALUES = st.sampled_from(
    [
        *("", "-1", "99999999999999999999", "9007199254740993", "1795424872", "\0", "²", "@", "a@", "@b.example"),
        *("a@b@c", "member-queue-end", "members-count", "bridge-caller-stop", "agent-state-change", "[[[", '{"a":1}'),
        *("null", "x" * 400),
    ]
)


@given(topic=st.sampled_from(sorted(TOPICS)), headers=st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=12))
def test_whatever_a_header_says_a_notice_is_sound_or_there_is_none(topic: str, headers: dict[str, str]) -> None:
    name = topic.removeprefix("CUSTOM ")
    made = made_event(name, 1, **headers)
    for notice in notices(one(made)):
        assert notice.subject
        assert notice.type.partition(".")[0] in ("queue", "registration", "switch", "command", "operator")
        msgspec.json.decode(msgspec.json.encode(notice.data), type=type(notice.data))
        assert notice.tenant is None or (notice.tenant and any(notice.tenant in value for value in headers.values()))
