"""`emulated_phone`, a command that no real switch has: what a person would do at a phone, or how it shall take calls.

emulated_phone 1002@alpha.example busy            until told otherwise; also answer, wait, reject
emulated_phone 1002@alpha.example answer 8 10     after 8 to 10 seconds
emulated_phone 1002@alpha.example lift            also hangup, hold, unhold, unregister, register
emulated_phone 1002@alpha.example dial 1003       also press 12#
"""

from __future__ import annotations

from typing import Final

import msgspec

from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.commands import OK, command, hold, unhold
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.hearing import press
from bridge.emulator.exchange.phones import DEFAULT_EXPIRY, Manner, Phone

_USAGE: Final = (
    "-USAGE: <user>@<domain> answer|wait|busy|reject [<least> <most>] | lift|hangup|hold|unhold|register|unregister"
    " | dial <number> | press <digits>\n"
)
NO_PHONE: Final = "-ERR No such phone!\n"
NO_CALL: Final = "-ERR The phone has no call!\n"


@command("emulated_phone")
def _phone(exchange: Exchange, argument: str) -> str:
    name, *words = argument.split() or [""]
    phone = exchange.phones.get(name)
    if not isinstance(phone, Phone):
        return NO_PHONE
    match words:
        case ["answer" | "wait" | "busy" | "reject", *_]:
            return _manner(phone, words)
        case ["dial", number]:
            return f"+OK {phone.dial(number).uuid}\n"
        case ["register" | "unregister" as what]:
            exchange.start(phone.register(DEFAULT_EXPIRY if what == "register" else 0))
            return OK
        case ["lift" | "hangup" | "hold" | "unhold"] | ["press", _]:
            line = next((line for line in reversed(phone.lines) if line.up), None)
            return NO_CALL if line is None else _done(exchange, phone, line, words)
        case _:
            return _USAGE


def _manner(phone: Phone, words: list[str]) -> str:
    try:
        least, most = [float(word) for word in words[1:3]] or [phone.manner.least, phone.manner.most]
        phone.manner = msgspec.convert({"does": words[0], "least": least, "most": most}, Manner)
    except (ValueError, msgspec.ValidationError):
        return _USAGE
    return OK


def _done(exchange: Exchange, phone: Phone, line: Channel, words: list[str]) -> str:
    match words:
        case ["lift"]:
            exchange.start(phone.lift(line))
        case ["hangup"]:
            phone.put_down(line)
        case ["hold"]:
            hold(exchange, line)
        case ["unhold"]:
            unhold(exchange, line)
        case ["press", digits]:
            exchange.start(press(exchange, line, digits))
    return OK
