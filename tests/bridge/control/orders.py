"""An order of every kind, as the transcript and the reference page show them. Values only."""

from __future__ import annotations

from typing import Final

from core.commands.orders import (
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

LEG: Final = "11111111-1111-4111-8111-111111111111"
OTHER: Final = "22222222-2222-4222-8222-222222222222"
CONSULT: Final = "33333333-3333-4333-8333-333333333333"
DEAD: Final = "dddddddd-dddd-4ddd-8ddd-dddddddddddd"
LEGS: Final = (LEG, OTHER, CONSULT)
"""the legs that the switch of the transcript has"""
USER: Final = "1001@alpha.example"
CONTEXT: Final = "alpha.example"

# In an order in which each still finds its legs: what ends one comes last.
EVERY: Final[tuple[Order, ...]] = (
    Originate(from_user=USER, to="1002", context=CONTEXT),
    Originate(from_user=USER, to="+4930123", context=CONTEXT, caller_name="Zoë O’Brien", timeout=10),
    Originate(from_user="nobody@alpha.example", to="1002", context=CONTEXT),
    TransferBlind(leg=LEG, to="1003", context=CONTEXT),
    TransferBlind(leg=DEAD, to="1003", context=CONTEXT),
    TransferAttendedStart(leg=LEG, other=OTHER, to="1003", context=CONTEXT),
    Hold(leg=LEG),
    Hold(leg=DEAD),
    Resume(leg=LEG),
    Park(leg=LEG, lot="5901", context=CONTEXT),
    Park(leg=LEG),
    Pickup(from_user=USER, leg=LEG),
    Eavesdrop(from_user=USER, leg=LEG),
    Eavesdrop(from_user=USER, leg=LEG, mode="whisper"),
    Eavesdrop(from_user=USER, leg=LEG, mode="barge"),
    RecordStart(leg=LEG, name="2026-11-23-call.wav"),
    RecordStop(leg=LEG, name="2026-11-23-call.wav"),
    Dtmf(leg=LEG, digits="12#*A", duration=200),
    SendMessage(leg=LEG, text="Grüße: ${x} 'q' \"d\" | , ^^:a {b} [c] \\n"),
    SendMessage(leg=DEAD, text="nobody reads this"),
    ConferenceMute(room="3001-alpha.example", leg=LEG),
    ConferenceUnmute(room="3001-alpha.example", leg=LEG),
    ConferenceKick(room="3001-alpha.example", leg=LEG),
    ConferenceMute(room="3001-alpha.example", leg=DEAD),
    ConferenceMute(room="4711", leg=LEG),
    TransferAttendedComplete(leg=LEG, other=OTHER, consult=CONSULT),
    TransferAttendedComplete(leg=LEG, other=OTHER, consult=DEAD),
    TransferAttendedCancel(leg=LEG, other=OTHER, consult=CONSULT),
    Conference(leg=LEG, to="3001", context="alpha.example"),
    Hangup(leg=OTHER, cause="USER_BUSY"),
    Hangup(leg=DEAD),
)
