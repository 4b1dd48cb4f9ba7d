"""Nothing from outside steers a switch: whatever an order holds, the switch reads what it means, or nothing is sent.

The words are read back by a second implementation of FreeSWITCH's own rules (`freeswitch_words`).
"""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bridge.control.compose import compose, questions
from bridge.control.steps import Event, Job, Plan
from core.commands.orders import (
    ORDERS,
    BadOrder,
    CommandError,
    Conference,
    ConferenceKick,
    ConferenceMute,
    ConferenceUnmute,
    Dtmf,
    Eavesdrop,
    Hangup,
    Hold,
    Order,
    Originate,
    Park,
    Pickup,
    RecordStart,
    RecordStop,
    Resume,
    SendMessage,
    TransferAttendedCancel,
    TransferAttendedComplete,
    TransferAttendedStart,
    TransferBlind,
)
from tests.bridge.control import freeswitch_words as fs
from tests.bridge.control.orders import EVERY, LEG

pytestmark = pytest.mark.pure
NEW = "99999999-9999-4999-8999-999999999999"
FOLDER = "/var/lib/freeswitch/my recordings"
HOSTILE = (
    "\n", "\r\n", "\0", "|", ",", "^^", "^^:", ":_:", "{", "}", "[", "]", "<", ">", "(", ")", "${domain}", "$${x}",
    "${system(touch /tmp/x)}", "%0a", "%{x}", "'", '"', "\\", "\\n", "\\s", ";", "!", "&", "&park()", "::", "@", "/",
    " ", "\t", "\u2028", "\u2029", "\u0085", "\u00a0", "\u202e", "\ufeff", "=", "-bleg", "-both", "undef", "UNDEF",
    "all", "off", "toggle", "last", "inline", "../", "a=b", "1", "é", "’", "\ud800", "+OK", "/etc/passwd",
)  # fmt: skip
_STEERING = set("\n\r\0|,^{}[]<>$%'\"\\;!=\t\u2028\u2029")
GOOD: dict[str, tuple[Any, ...]] = {
    "leg": (LEG, "call-7.b"),
    "other": (LEG,),
    "consult": (LEG,),
    "to": ("1003", "+4930123", "*97", "#1", "sales_1"),
    "from_user": ("1001@alpha.example", "+49.30-1@pbx"),
    "context": ("alpha.example", "default"),
    "caller_name": ("Zoë O’Brien", " A  B ", "Smith & Sons (Ltd.)", "日本"),
    "timeout": (5, 30, 120),
    "cause": ("NORMAL_CLEARING", "USER_BUSY"),
    "lot": ("5901", "slot_1"),
    "mode": ("listen", "whisper", "barge"),
    "name": ("2026-11-23.wav", "_x"),
    "digits": ("12#*A", "d"),
    "duration": (40, 200),
    "text": ("Hello", "line\nline", "\t${x} 'q' \"d\" | , ^^:a {b} [c] \\n ; %0a !"),
    "room": ("3001-alpha.example", "4711"),
}


def hostile(name: str) -> st.SearchStrategy[Any]:
    """A value that is good, or good with something pushed in, or anything."""
    good = st.sampled_from(GOOD[name])
    pushed = st.tuples(
        good.map(str), st.lists(st.sampled_from(HOSTILE), min_size=1, max_size=3), st.integers(0, 40)
    ).map(lambda three: three[0][: three[2]] + "".join(three[1]) + three[0][three[2] :])
    return st.one_of(
        good, good, pushed, st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join), st.text(max_size=30)
    )


@st.composite
def orders(draw: st.DrawFn) -> Order:
    kind = draw(st.sampled_from(ORDERS))
    values = {field.name: draw(hostile(field.name)) for field in msgspec.structs.fields(kind)}
    return kind(**values)  # type: ignore[return-value]


def answered(order: Order, folder: str, music: str) -> dict[str, str]:
    answers = {"uuid_exists": "true", "global_getvar": folder, "uuid_getvar": music}
    for question in questions(order):
        # The question itself is read as words, too.
        assert fs.separate(fs.c_string(question.argument), " ", 4) == question.argument.split(" ")
    return {
        question.line: "ANSWER" if "endpoint_disposition" in question.argument else answers[question.command]
        for question in questions(order)
    }


def read(plan: Plan) -> list[Any]:
    """What the switch would do."""
    return [_read(step) for step in plan.steps]


def _read(step: Job | Event) -> Any:
    if isinstance(step, Event):
        return (step.name, {name: fs.c_string(value) for name, value in step.headers.items()})
    match step.command:
        case "originate":
            return ("originate", *fs.originate(step.argument))
        case "uuid_broadcast":
            return ("uuid_broadcast", *fs.broadcast(step.argument))
        case "conference":
            return ("conference", fs.conference(step.argument))
        case name:
            return (name, fs.command(name, step.argument))


def rings(user: str, timeout: int, then: tuple[str, ...], **more: str) -> Any:
    name, _, domain = user.partition("@")
    variables = {
        "originate_timeout": str(timeout),
        "ignore_early_media": "true",
        "origination_caller_id_number": name,
        "domain_name": domain,
    }
    return ("originate", variables | more, [f"user/{user}"], then)


def meant(order: Order, folder: str) -> list[Any]:
    """What the order says, without a word about how."""
    match order:
        case Originate():
            named = {} if order.caller_name is None else {"origination_caller_id_name": order.caller_name.strip(" ")}
            return [rings(order.from_user, order.timeout, ("transfer", order.to, "XML", order.context), **named)]
        case Hangup():
            return [("uuid_kill", [order.leg, order.cause])]
        case TransferBlind():
            return [("uuid_transfer", [order.leg, order.to, "XML", order.context])]
        case TransferAttendedStart():
            variables = {"origination_uuid": NEW, "loopback_bowout": "false", "loopback_bowout_on_execute": "false"}
            target = [f"loopback/{order.to}/{order.context}/XML"]
            assert target[0].count("/") == 3
            return [
                ("uuid_setvar", [order.other, "hold_music", "silence_stream://-1"]),
                ("uuid_broadcast", order.leg, "att_xfer", variables, target, []),
            ]
        case TransferAttendedComplete():
            return [("uuid_kill", [order.leg, "NORMAL_CLEARING"])]
        case TransferAttendedCancel():
            return [("uuid_kill", [order.consult, "NORMAL_CLEARING"])]
        case Conference():
            return [("uuid_transfer", [order.leg, "-both", order.to, "XML", order.context])]
        case Hold():
            return [("uuid_hold", [order.leg])]
        case Resume():
            return [("uuid_hold", ["off", order.leg])]
        case Park() if order.lot is None:
            return [("uuid_park", [order.leg])]
        case Park():
            return [("uuid_transfer", [order.leg, order.lot, "XML", order.context])]
        case Pickup():
            return [rings(order.from_user, order.timeout, ("intercept", "-bleg", order.leg))]
        case Eavesdrop():
            ears = {"listen": (), "whisper": ("bleg",), "barge": ("aleg", "bleg")}[order.mode]
            more = {"eavesdrop_enable_dtmf": "false"} | {f"eavesdrop_whisper_{ear}": "true" for ear in ears}
            return [rings(order.from_user, order.timeout, ("eavesdrop", order.leg), **more)]
        case RecordStart() | RecordStop():
            what = "start" if isinstance(order, RecordStart) else "stop"
            return [("uuid_record", [order.leg, what, f"{folder}/{order.name}"])]
        case Dtmf():
            return [("uuid_send_dtmf", [order.leg, f"{order.digits}@{order.duration}"])]
        case SendMessage():
            return [("SEND_MESSAGE", {"uuid": order.leg, "content-type": "text/plain", "body": order.text})]
        case ConferenceMute() | ConferenceUnmute() | ConferenceKick():
            what = {ConferenceMute: "mute", ConferenceUnmute: "unmute", ConferenceKick: "kick"}[type(order)]
            return [("conference", [order.room, what, f"uuid={order.leg}"])]


def held_to(order: Order, folder: str = FOLDER, music: str = "_undef_") -> bool:
    """Hold an order to what it means; return whether it was taken at all."""
    try:
        plan = compose(order, answered(order, folder, music), NEW)
    except BadOrder:
        return False
    assert read(plan) == meant(order, folder)
    return True


@given(orders())
@example(Originate(from_user="1001@a", to="undef", context="c"))
@example(Originate(from_user="1001@a", to="1", context="UNDEF"))
@example(Originate(from_user="1001@a", to="1", context="c", caller_name="a:_:b"))
@example(Hold(leg="toggle"))
@example(Resume(leg="off"))
@example(Eavesdrop(from_user="1001@a", leg="ALL"))
@settings(max_examples=400, deadline=None)
def test_no_order_says_anything_but_what_it_means(order: Order) -> None:
    held_to(order)


@pytest.mark.parametrize("order", EVERY, ids=lambda order: type(order).__name__)
def test_good_orders_are_taken(order: Order) -> None:
    assert held_to(order)


@pytest.mark.parametrize("kind", ORDERS, ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("door", ["with the checks at the door", "by the bridge alone"])
def test_each_hostile_text_in_each_field(kind: type[Order], door: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them, at the beginning, in the middle and at the end of a good value: refused, or read as meant."""
    if door == "by the bridge alone":
        monkeypatch.setattr("bridge.control.compose.checked", lambda order: order)
    good = {field.name: GOOD[field.name][0] for field in msgspec.structs.fields(kind)}
    assert held_to(kind(**good))
    for name, value in good.items():
        if not isinstance(value, str) or name == "mode":
            continue
        for bad in HOSTILE:
            for text in (bad, bad + value, value[:2] + bad + value[2:], value + bad):
                taken = held_to(kind(**(good | {name: text})))
                if door != "by the bridge alone":  # it does not look at what it does not send
                    assert not taken or name == "text" or not set(text) & _STEERING


@given(st.one_of(st.text(), st.lists(st.sampled_from(HOSTILE)).map(lambda bad: "/var" + "".join(bad))))
def test_the_switch_s_own_answers_are_not_trusted_either(folder: str) -> None:
    order = RecordStart(leg=LEG, name="a.wav")
    try:
        plan = compose(order, answered(order, folder, ""), NEW)
    except BadOrder:
        return
    ((name, words),) = read(plan)
    assert (name, words) == ("uuid_record", [LEG, "start", f"{folder.strip().rstrip('/')}/a.wav"])


def test_a_leg_that_is_not_there_ends_it_before_anything_is_sent() -> None:
    order = Hold(leg=LEG)
    with pytest.raises(CommandError, match="no leg"):
        compose(order, {f"uuid_exists {LEG}": "false"}, NEW)


def test_a_transfer_is_not_completed_while_it_rings() -> None:
    order = TransferAttendedComplete(leg=LEG, other="b", consult="c")
    answers = answered(order, "", "") | {"uuid_getvar c endpoint_disposition": "_undef_"}
    with pytest.raises(CommandError, match="has not answered yet"):
        compose(order, answers, NEW)


def test_music_that_is_there_already_stays() -> None:
    order = TransferAttendedStart(leg=LEG, other="b", to="1003", context="c")
    plan = compose(order, answered(order, "", "local_stream://moh"), NEW)
    assert [step.command for step in plan.steps if isinstance(step, Job)] == ["uuid_broadcast"]
    assert plan.leg == NEW
