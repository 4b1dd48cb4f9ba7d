"""What an order is on the Erlang link: questions first, then steps. Pure; each command was tried on FreeSWITCH 1.11.

Every text of an order passes through `bridge.control.words`, here and nowhere else. Sending, waiting and reporting are
the executor's.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, assert_never

from bridge.control import words
from bridge.control.steps import Ask, Event, Job, Plan
from core.commands.checks import checked
from core.commands.orders import (
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

_RECORDINGS: Final = Ask("global_getvar", "recordings_dir")
_NO_VALUE: Final = "_undef_"
_SILENCE: Final = "silence_stream://-1"
_RINGS: Final = 15.0  # seconds that an originate may take beyond the ringing of the phone
# Who hears the listener: for the switch "aleg" is what the leg says (so its peer hears), "bleg" what the leg hears.
_EARS: Final = {
    "listen": "",
    "whisper": ",eavesdrop_whisper_bleg=true",
    "barge": ",eavesdrop_whisper_aleg=true,eavesdrop_whisper_bleg=true",
}


class NotThere(CommandError):
    """The switch does not have what the order is about; nothing was sent but the question."""

    code = "command.not-there"


def questions(order: Order) -> tuple[Ask, ...]:
    """Return what must be asked first: where a command says OK to anything, or needs what only the switch knows."""
    checked(order)
    match order:
        case Hold() | Resume() | SendMessage():
            return (_exists(order.leg),)
        case RecordStart() | RecordStop():
            return (_RECORDINGS,)
        case TransferAttendedStart():
            return (_exists(order.leg), _music(order.other))
        case TransferAttendedComplete():
            return (_exists(order.other), _exists(order.consult), _answered(order.consult))
        case _:
            return ()


def compose(order: Order, answers: Mapping[str, str], new_leg: str) -> Plan:
    """Return the steps of an order, given the answers to its questions by `Ask.line`.

    ``new_leg`` is the id for a leg that the order makes, where the switch lets us choose it. Raises `BadOrder` for a
    text that must not reach a switch, `NotThere` when an answer says that there is nothing to act on.
    """
    checked(order)
    for question in questions(order):
        if question.command == "uuid_exists" and answers[question.line].strip() != "true":
            raise NotThere(
                f"The switch has no leg {question.argument}: uuid_exists says {answers[question.line]!r:.40}."
            )
    match order:
        case Originate():
            return _originate(order)
        case Hangup():
            return _job("uuid_kill", _leg(order.leg), words.word("cause", order.cause))
        case TransferBlind():
            return _transfer(order.leg, order.to, order.context)
        case TransferAttendedStart():
            return _consult(order, answers[_music(order.other).line], new_leg)
        case TransferAttendedComplete():
            if answers[_answered(order.consult).line].strip() != "ANSWER":  # the switch would let the one on hold go
                raise NotThere("Who is to get the call has not answered yet: wait, or cancel. Nothing was done.")
            # att_xfer joins the two others when the transferor's leg ends, as if its phone had hung up.
            return _job("uuid_kill", _leg(order.leg), "NORMAL_CLEARING")
        case TransferAttendedCancel():
            return _job("uuid_kill", _leg(order.consult, "consult"), "NORMAL_CLEARING")
        case Conference():
            return _transfer(order.leg, order.to, order.context, both=True)
        case Hold():
            return _job("uuid_hold", _leg(order.leg))
        case Resume():
            return _job("uuid_hold", "off", _leg(order.leg))
        case Park():
            return _park(order)
        case Pickup():
            return _ring(order.from_user, order.timeout, rf"&intercept(-bleg\s{_leg(order.leg)})")
        case Eavesdrop():
            variables = ",eavesdrop_enable_dtmf=false" + _EARS[order.mode]
            return _ring(order.from_user, order.timeout, f"&eavesdrop({_leg(order.leg)})", variables)
        case RecordStart() | RecordStop():
            what = "start" if isinstance(order, RecordStart) else "stop"
            path = f"{words.folder(answers[_RECORDINGS.line])}/{words.word('name', order.name)}"
            return _job("uuid_record", _leg(order.leg), what, path)
        case Dtmf():
            keys = f"{words.digits('digits', order.digits)}@{int(order.duration)}"
            return _job("uuid_send_dtmf", _leg(order.leg), keys)
        case SendMessage():
            # uuid_send_message answers OK and sends nothing to most phones; the event is sent to all of them.
            headers = {"uuid": _leg(order.leg), "content-type": "text/plain", "body": words.text("text", order.text)}
            return Plan((Event("SEND_MESSAGE", headers),))
        case ConferenceMute() | ConferenceUnmute() | ConferenceKick():
            # By variable: a bare id that begins with a digit would be taken for a member's number.
            what = {ConferenceMute: "mute", ConferenceUnmute: "unmute", ConferenceKick: "kick"}[type(order)]
            return _job("conference", words.word("room", order.room), what, f"uuid={_leg(order.leg)}")
        case _:
            assert_never(order)


def _leg(value: str, name: str = "leg") -> str:
    return words.word(name, value)


def _exists(leg: str) -> Ask:
    return Ask("uuid_exists", _leg(leg))


def _answered(leg: str) -> Ask:
    return Ask("uuid_getvar", f"{_leg(leg)} endpoint_disposition")


def _music(leg: str) -> Ask:
    return Ask("uuid_getvar", f"{_leg(leg)} hold_music")


def _job(command: str, *arguments: str, patience: float = 20.0) -> Plan:
    return Plan((Job(command, " ".join(arguments), patience),))


def _transfer(leg: str, to: str, context: str, name: str = "to", *, both: bool = False) -> Plan:
    whom = [_leg(leg), "-both"] if both else [_leg(leg)]
    return _job("uuid_transfer", *whom, words.word(name, to), "XML", words.word("context", context))


def _park(order: Park) -> Plan:
    """A slot is a number of the dialplan, dialled for the leg; without one only a command finds it again."""
    if order.lot is None:
        return _job("uuid_park", _leg(order.leg))
    return _transfer(order.leg, order.lot, order.context or "", "lot")


def _originate(order: Originate) -> Plan:
    named = ""
    if order.caller_name is not None:
        named = f",origination_caller_id_name={words.display_name('caller_name', order.caller_name)}"
    to = f"{words.word('to', order.to)} XML {words.word('context', order.context)}"
    return _ring(order.from_user, order.timeout, to, named)


def _ring(from_user: str, timeout: int, then: str, variables: str = "") -> Plan:
    """Call a user's own phone first; what comes then is done by its leg once it has answered.

    Early media is no answer; the number is the user's own, so that the one who is called then sees who calls.
    """
    name, domain = words.user("from_user", from_user)
    braces = (
        f"{{originate_timeout={int(timeout)},ignore_early_media=true,origination_caller_id_number={name}"
        f",domain_name={domain}{variables}}}"
    )
    job = Job("originate", f"{braces}user/{name}@{domain} {then}", timeout + _RINGS)
    return Plan((job,), makes_leg=True)


def _consult(order: TransferAttendedStart, music: str, new_leg: str) -> Plan:
    """`att_xfer` through the dialplan. Who waits must hear something: without music the switch may let it go when the
    transferor's leg ends, because its bridge then looks at the dead leg before the transfer is done."""
    other = _leg(order.other, "other")
    target = (
        f"{{origination_uuid={_leg(new_leg)},loopback_bowout=false,loopback_bowout_on_execute=false}}"
        f"loopback/{words.word('to', order.to)}/{words.word('context', order.context)}/XML"
    )
    start = Job("uuid_broadcast", f"{_leg(order.leg)} att_xfer::{target}")
    if music.strip() not in {"", _NO_VALUE, "silence", "indicate_hold"}:
        return Plan((start,), leg=new_leg)
    return Plan((Job("uuid_setvar", f"{other} hold_music {_SILENCE}"), start), leg=new_leg)


__all__ = ["BadOrder", "NotThere", "compose", "questions"]
