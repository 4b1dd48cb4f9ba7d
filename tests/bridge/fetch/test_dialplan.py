"""What a dialled number means, as the switch is told."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.registry import Entry, Registry
from core.registry import entries as e
from core.registry.snapshot import EMPTY
from tests.bridge.fetch.asked import actions, by, dialplan, nothing
from tests.core.registry.examples import example

pytestmark = pytest.mark.pure
ALICE = by("1001", "alpha.example")


def with_user(user: str, **changes: object) -> Registry:
    """The example with a user of alpha.example changed."""
    entries: list[Entry] = [*example().shared_trunks]
    for company in example().companies.values():
        entries.append(company.tenant)
        for one in company.entries:
            mine = isinstance(one, e.User) and (one.tenant, one.user) == ("alpha.example", user)
            entries.append(msgspec.structs.replace(one, **changes) if mine else one)
    return Registry.of(entries)


BRIDGE = (
    "bridge {progress_timeout=10,fail_on_single_reject="
    "USER_BUSY:NO_ANSWER:UNALLOCATED_NUMBER:NUMBER_CHANGED:INVALID_NUMBER_FORMAT}"
)
RUNG = {
    "Caller-Direction": "outbound",
    "variable_dialed_user": "1003",
    "variable_dialed_domain": "alpha.example",
}
"""a phone of the company that was rung"""


def last(found: list[str]) -> str:
    return found[-1]


def test_a_user_rings_and_then_the_mailbox_answers() -> None:
    found = actions(dialplan("alpha.example", "1002", values=ALICE))
    assert "set call_timeout=20" in found
    assert found[-4:] == [
        "bridge user/1002@alpha.example",
        "answer",
        "sleep 500",
        "voicemail default alpha.example 1002",
    ]


def test_the_same_number_in_each_company_is_its_own() -> None:
    for domain in ("alpha.example", "beta.example", "gamma.example"):
        text = "\n".join(actions(dialplan(domain, "1002", values=by("1001", domain))))
        others = {"alpha.example", "beta.example", "gamma.example"} - {domain}
        assert f"bridge user/1002@{domain}" in text
        assert not any(other in text for other in others)


def test_forwarding_of_all_calls() -> None:
    registry = with_user("1002", forward_always="1003")
    found = actions(dialplan("alpha.example", "1002", registry, values=ALICE))
    assert found[-4:] == [
        "set forwarded_from=1002",
        "set harmony_forwarded_by=1002",
        "set harmony_forwards=1",
        "transfer 1003 XML alpha.example",
    ]


def test_a_speed_dial_is_its_users_alone_and_says_that_it_is_one() -> None:
    registry = with_user("1001", speed_dials=(("7", "01701234567"), ("1002", "01709999999")))
    found = actions(dialplan("alpha.example", "7", registry, values=ALICE))
    assert found[-2:] == ["set harmony_speed_dial=7", "transfer 01701234567 XML alpha.example"]
    assert last(actions(dialplan("alpha.example", "7", registry, values=by("1003", "alpha.example")))) == "respond 404"
    assert "bridge user/1002@alpha.example" in actions(dialplan("alpha.example", "1002", registry, values=ALICE))


def test_forwarding_that_comes_back_again_and_again_ends_at_the_mailbox() -> None:
    """Two who forward to each other when they do not answer would ring in turn for ever."""
    registry = with_user("1002", forward_no_answer="1003")
    values = {**ALICE, "variable_harmony_ringing": "1002", "variable_harmony_forwards": "9"}
    found = actions(dialplan("alpha.example", "after-1002-NO_ANSWER", registry, values=values))
    assert "set harmony_forwards=10" in found
    found = actions(dialplan("alpha.example", "1002", registry, values={**ALICE, "variable_harmony_forwards": "10"}))
    assert found[-2:] == ["sleep 500", "voicemail default alpha.example 1002"]
    registry = with_user("1002", forward_always="1003")
    found = actions(dialplan("alpha.example", "1002", registry, values={**ALICE, "variable_harmony_forwards": "10"}))
    assert "bridge user/1002@alpha.example" in found


def test_forwarding_in_a_circle_ends_at_the_mailbox() -> None:
    registry = with_user("1002", forward_always="1002")
    assert (
        last(actions(dialplan("alpha.example", "1002", registry, values=ALICE)))
        == "voicemail default alpha.example 1002"
    )


def test_forwarding_by_cause_asks_again_with_the_cause() -> None:
    registry = with_user("1002", forward_busy="1003", forward_no_answer="01701234567")
    found = actions(dialplan("alpha.example", "1002", registry, values=ALICE))
    assert found[-2:] == [
        "bridge user/1002@alpha.example",
        "execute_extension after-1002-${originate_disposition} XML alpha.example",
    ]
    rung = {**ALICE, "variable_harmony_ringing": "1002"}
    for cause, target in (("USER_BUSY", "1003"), ("NO_ANSWER", "01701234567"), ("USER_NOT_REGISTERED", "01701234567")):
        found = actions(dialplan("alpha.example", f"after-1002-{cause}", registry, values=rung))
        assert last(found) == f"transfer {target} XML alpha.example"
    refused = actions(dialplan("alpha.example", "after-1002-NO_ANSWER", registry, values=ALICE))
    assert last(refused) == "respond 404"


def test_do_not_disturb_is_busy_to_callers() -> None:
    registry = with_user("1002", do_not_disturb=True)
    found = actions(dialplan("alpha.example", "1002", registry, values=ALICE))
    assert not [one for one in found if one.startswith("bridge")]
    assert last(found) == "voicemail default alpha.example 1002"
    registry = with_user("1002", do_not_disturb=True, voicemail=False)
    assert last(actions(dialplan("alpha.example", "1002", registry, values=ALICE))) == "respond 486"


def test_groups_ring_at_once_or_in_turn_without_those_who_are_away() -> None:
    found = actions(dialplan("alpha.example", "2000", values=ALICE))
    assert "bridge user/1002@alpha.example,user/1003@alpha.example,user/1004@alpha.example" in found
    registry = with_user("1003", do_not_disturb=True)
    found = actions(dialplan("alpha.example", "2001", registry, values=ALICE))
    assert "bridge [leg_timeout=10]user/1002@alpha.example|[leg_timeout=10]user/1004@alpha.example" in found
    assert not [one for one in found if one.startswith("set call_timeout")], "it would end the turn with the first"
    assert last(found) == "transfer 1001 XML alpha.example"


@pytest.mark.parametrize(
    ("number", "action"),
    [
        ("4000", "callcenter support@alpha.example"),
        ("3001", "conference 3001-alpha.example@default"),
        ("5000", "ivr main@alpha.example"),
        ("5901", "valet_park lot@alpha.example 5901"),
        ("*97", "voicemail check default alpha.example 1001"),
        ("*81002", "intercept ${hash(select/alpha.example-last_dial_ext/1002)}"),
        ("*80", "intercept ${hash(select/alpha.example-last_dial_ext/group-sales)}"),
        ("*43", "echo"),
        ("*60", "say en CURRENT_TIME PRONOUNCED ${strepoch()}"),
    ],
)
def test_services_carry_the_companys_name(number: str, action: str) -> None:
    assert action in actions(dialplan("alpha.example", number, values=ALICE))


def test_numbers_outside_go_by_each_trunk_in_turn() -> None:
    found = actions(dialplan("alpha.example", "01701234567", values=ALICE))
    assert f"{BRIDGE}sofia/gateway/trunk-a/01701234567|sofia/gateway/trunk-b/01701234567" in found
    assert "set effective_caller_id_number=+49305551001" in found
    found = actions(dialplan("beta.example", "01701234567", values=by("1001", "beta.example")))
    lines = ("beta-own.beta.example", "trunk-a", "trunk-b")
    assert BRIDGE + "|".join(f"sofia/gateway/{line}/01701234567" for line in lines) in found


@pytest.mark.parametrize(
    "values",
    [
        {},
        by("1001", "beta.example"),
        by("1099", "alpha.example"),
        {"variable_harmony_company": "alpha.example"},
        {"variable_sip_h_Referred-By": "<sip:1002@alpha.example>"},
        {"variable_harmony_company": "alpha.example", "variable_sip_h_Referred-By": "<sip:1002@beta.example>"},
        {"variable_harmony_company": "alpha.example", "variable_sip_h_Referred-By": "<sip:1099@alpha.example>"},
        {"variable_dialed_user": "1003", "variable_dialed_domain": "alpha.example", "Caller-Direction": "inbound"},
        {"variable_dialed_user": "1003", "variable_dialed_domain": "beta.example", "Caller-Direction": "outbound"},
    ],
)
def test_who_is_no_user_of_the_company_cannot_call_outside(values: dict[str, str]) -> None:
    found = actions(dialplan("alpha.example", "01701234567", values=values))
    assert last(found) == "respond 403"
    assert not [one for one in found if one.startswith("bridge")]


def test_a_user_sends_a_caller_outside_by_forward_or_transfer() -> None:
    for values in (
        {"variable_harmony_forwarded_by": "1002"},
        {"variable_harmony_company": "alpha.example", "variable_sip_h_Referred-By": "<sip:1002@alpha.example>"},
        {**RUNG, "variable_sip_h_Referred-By": "<sip:1002@alpha.example>"},
        RUNG,
    ):
        found = actions(dialplan("alpha.example", "01701234567", values=values))
        assert f"{BRIDGE}sofia/gateway/trunk-a/01701234567|sofia/gateway/trunk-b/01701234567" in found
        registry = with_user("1002", outbound=False)
        if values is not RUNG:
            assert last(actions(dialplan("alpha.example", "01701234567", registry, values=values))) == "respond 403"


def test_what_is_said_of_the_number_is_not_asked_of_another_trunk() -> None:
    """A number that is busy is busy by every trunk; the caller hears the cause of the last."""
    found = actions(dialplan("alpha.example", "01701234567", values=ALICE))
    assert "set continue_on_fail=false" in found
    assert last(found).startswith("bridge {progress_timeout=10,fail_on_single_reject=USER_BUSY:NO_ANSWER:")


@pytest.mark.parametrize("registry", [example(), with_user("1001", outbound=False), with_user("1001", enabled=False)])
@pytest.mark.parametrize("values", [ALICE, {}])
def test_emergency_calls_always_go_out(registry: Registry, values: dict[str, str]) -> None:
    found = actions(dialplan("alpha.example", "112", registry, values=values))
    assert "bridge {progress_timeout=10}sofia/gateway/trunk-a/112|sofia/gateway/trunk-b/112" in found


def test_calls_from_outside_come_in_by_the_number_alone() -> None:
    for number in ("+493055540", "493055540", "00493055540"):
        found = actions(dialplan("public", number))
        assert last(found) == "transfer 4000 XML alpha.example"
    for number in ("1001", "+4999", "01701234567", "*72", "", "+49 30 5", "4000"):
        assert last(actions(dialplan("public", number or "x"))) == "respond 404"


def test_features_are_for_users_of_the_company_alone() -> None:
    for number in ("*97", "*72017", "*78", "*81002", "*331002", "*45"):
        assert last(actions(dialplan("alpha.example", number))) == "respond 403"
        assert last(actions(dialplan("alpha.example", number, values=by("1001", "beta.example")))) == "respond 403"
    assert last(actions(dialplan("alpha.example", "*331002", values=ALICE))) == "respond 403"
    listening = with_user("1001", pickup_groups=("supervisors",))
    found = actions(dialplan("alpha.example", "*331002", listening, values=ALICE))
    assert last(found) == "eavesdrop ${hash(select/alpha.example-spymap/1002)}"


def test_what_a_caller_shows_is_in_no_key() -> None:
    """Whose call it is that can be listened to is said by the switch's authentication alone."""
    found = actions(dialplan("alpha.example", "1002", values=ALICE))
    assert "hash insert/alpha.example-spymap/1001/${uuid}" in found
    found = actions(dialplan("alpha.example", "1002", values={"Caller-Caller-ID-Number": "1001"}))
    assert not [one for one in found if "spymap/1001" in one or "caller_id_number}" in one]


def test_a_wish_is_an_event_with_user_and_value() -> None:
    found = actions(dialplan("alpha.example", "*7201701234567", values=ALICE))
    (event,) = [one for one in found if one.startswith("event ")]
    assert event == (
        "event Event-Name=CUSTOM,Event-Subclass=harmony_feature::wish,Harmony-Domain=alpha.example,"
        "Harmony-User=1001,Harmony-Wish=forward.always,Harmony-Value=01701234567"
    )
    assert "Harmony-Value=off" in "".join(actions(dialplan("alpha.example", "*73", values=ALICE)))
    assert "Harmony-Value=on" in "".join(actions(dialplan("alpha.example", "*78", values=ALICE)))
    assert not [one for one in actions(dialplan("alpha.example", "*72", values=ALICE)) if one.startswith("event")]


def test_what_is_not_ours_is_left_to_the_switch() -> None:
    assert nothing(dialplan("default", "1002", values=ALICE))
    assert nothing(dialplan("unknown.example", "1002"))
    assert nothing(dialplan("alpha.example", "1002", EMPTY))
    assert nothing(dialplan("features", "att_xfer"))
    assert nothing(dialplan("features", "dx", values=ALICE))
    assert "att_xfer user/${digits}@${domain_name}" in actions(dialplan("features", "att_xfer", values=ALICE))


@given(st.text(max_size=30), st.sampled_from(["alpha.example", "public", "features"]))
def test_whatever_is_dialled_reaches_no_application_as_another_word(number: str, context: str) -> None:
    """A dialled text is either wholly harmless characters, or in no action at all."""
    section = dialplan(context, number or "x", values=ALICE)
    safe = number.isascii() and all(c.isalnum() or c in "*#+._-" for c in number)
    if safe or nothing(section):
        return
    assert last(actions(section)) == "respond 404"


def test_the_words_of_each_step_name_what_happens() -> None:
    from bridge.fetch.route import Caller, route

    plan = route(with_user("1002", forward_always="1003"), "alpha.example", "1002", Caller(user="1001"))
    assert plan is not None
    assert [one.says for one in plan.steps] == [
        "1002 is Bob Alpha, a user of alpha.example.",
        "All calls of 1002 go to 1003.",
    ]
