"""No text of an order can be more than what its field is for."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.commands.checks import CHECKS, checked
from core.commands.orders import (
    KINDS,
    ORDERS,
    BadOrder,
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
    kind_of,
    leg_of,
)

pytestmark = pytest.mark.pure

LEG = "5ab3839f-cd3e-404b-8c62-000000000001"
SOUND: tuple[Order, ...] = (
    Originate(from_user="1001@alpha.example", to="+4989123456", context="alpha.example", caller_name="Zoë (Büro) 2"),
    Hangup(leg=LEG, cause="USER_BUSY"),
    TransferBlind(leg=LEG, to="*97", context="alpha.example"),
    TransferAttendedStart(leg=LEG, other=LEG, to="1003", context="alpha.example"),
    TransferAttendedComplete(leg=LEG, other=LEG, consult=LEG),
    TransferAttendedCancel(leg=LEG, other=LEG, consult=LEG),
    Conference(leg=LEG, to="3001", context="alpha.example"),
    Hold(leg=LEG),
    Resume(leg=LEG),
    Park(leg=LEG, lot="5901", context="alpha.example"),
    Park(leg=LEG),
    Pickup(from_user="1003@alpha.example", leg=LEG),
    Eavesdrop(from_user="1003@alpha.example", leg=LEG, mode="whisper"),
    RecordStart(leg=LEG, name="20261123T085116Z-1.wav"),
    RecordStop(leg=LEG, name="20261123T085116Z-1.wav"),
    Dtmf(leg=LEG, digits="0123456789*#ABCDabcd"),
    SendMessage(leg=LEG, text="Straße 😀👩‍💻\n\t{$x} | '\" ^^, عربى"),
    ConferenceMute(room="3001", leg=LEG),
    ConferenceUnmute(room="3001", leg=LEG),
    ConferenceKick(room="3001", leg=LEG),
)
PLAIN = (
    "leg", "other", "consult", "to", "from_user", "context", "cause", "lot", "mode", "name", "digits", "room",
)  # fmt: skip
HOSTILE = (
    "",
    " ",
    "1002 XML public",
    "1002\n",
    "\n1002",
    "1002\r\nuuid_kill x",
    "1002\0",
    "1002|hangup",
    "1002,1003",
    "^^:a=b:1002",
    "{origination_uuid=x}1002",
    "[x=y]1002",
    "<x=y>1002",
    "${system(id)}",
    "$${hostname}",
    "#{x}",
    "&park()",
    "'1002'",
    '"1002"',
    "`id`",
    "1002;reboot",
    "1002/../../x",
    "..\\..",
    "a\\x",
    "a%0ab",
    "１００２",
    "١٠٠٢",
    "1002\u2028",
    "1002\u202e",
    "1002\ud800",
    "1" * 1000,
    "user/1001@alpha.example",
    "loopback/x",
    "a b",
    "a:_:b",
    "a::b",
    "a=b",
    "a?b",
    "a!b",
    "a~b",
    "-both",
    "-",
)


@pytest.mark.parametrize("order", SOUND, ids=kind_of)
def test_what_is_sound_passes_and_is_the_same_behind_json(order: Order) -> None:
    assert checked(order) is order
    assert msgspec.json.decode(msgspec.json.encode(order), type=Order) == order
    assert kind_of(order) in KINDS
    assert (leg_of(order) is None) == isinstance(order, Originate)


def test_every_order_is_tried_here_and_every_field_has_its_check() -> None:
    assert {type(order) for order in SOUND} == set(ORDERS)
    assert {name for kind in ORDERS for name in kind.__struct_fields__} == set(CHECKS)


@pytest.mark.parametrize("field", PLAIN)
@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_refused_in_every_field(field: str, text: str) -> None:
    orders = [order for order in SOUND if field in order.__struct_fields__]
    assert orders
    for order in orders:
        with pytest.raises(BadOrder) as refused:
            checked(msgspec.structs.replace(order, **{field: text}))
        sentence = str(refused.value)
        assert sentence.startswith(f"{field}: ")
        assert sentence.isprintable(), "it is shown to people"
        assert len(sentence) < 400


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("from_user", "1001"),
        ("from_user", "1001@"),
        ("from_user", "@alpha.example"),
        ("from_user", "1001@alpha@example"),
        ("from_user", "1001@-alpha"),
        ("name", "../etc/passwd"),
        ("name", ".hidden"),
        ("name", "a/b.wav"),
        ("cause", "normal_clearing"),
        ("cause", "WHATEVER"),
        ("mode", "both"),
        ("digits", "12e"),
        ("digits", "1w2"),
        ("timeout", 4),
        ("timeout", 121),
        ("timeout", True),
        ("timeout", "30"),
        ("timeout", None),
        ("duration", 0),
        ("duration", 10**9),
        ("duration", 80.5),
        ("leg", None),
        ("to", None),
        ("to", 1002),
        ("text", ""),
        ("text", "x" * 2001),
        ("text", "a\rb"),
        ("text", "a\0b"),
        ("text", "a\x1b[31mb"),
        ("text", "a\x85b"),
        ("text", "a\u2028b"),
        ("text", "a\u202eb"),
        ("text", "a\ud800b"),
        ("caller_name", ""),
        ("caller_name", "x" * 65),
        ("caller_name", "Bob, Alice"),
        ("caller_name", "Bob|Alice"),
        ("caller_name", "O'Brien"),
        ("caller_name", '"Bob"'),
        ("caller_name", "Bob}x"),
        ("caller_name", "Bob{x"),
        ("caller_name", "[Bob]"),
        ("caller_name", "<sip:x@y>"),
        ("caller_name", "^^x"),
        ("caller_name", "${x}"),
        ("caller_name", "a\nb"),
        ("caller_name", "a=b"),
        ("caller_name", "a\\b"),
        ("caller_name", "a;b"),
        ("caller_name", "a\u202eb"),
    ],
)
def test_more_that_no_switch_must_see(field: str, value: Any) -> None:
    order = next(order for order in SOUND if field in order.__struct_fields__)
    with pytest.raises(BadOrder, match=f"^{field}: "):
        checked(msgspec.structs.replace(order, **{field: value}))


@given(st.sampled_from(PLAIN), st.text(max_size=80))
def test_what_passes_a_plain_field_is_plain(field: str, text: str) -> None:
    try:
        CHECKS[field](field, text)
    except BadOrder:
        return
    assert text.isascii()
    assert not set(text) & set(" \t\r\n\0|,^{}[]<>$'\"`;:/\\=&%?!~()")
    assert text
    assert not text.startswith("-")


@given(st.text(max_size=80))
def test_what_passes_as_a_name_cannot_end_a_variable(text: str) -> None:
    try:
        CHECKS["caller_name"]("caller_name", text)
    except BadOrder:
        return
    assert not set(text) & set("\t\r\n\0|,^{}[]<>$'\"`;\\=%")
    text.encode()
