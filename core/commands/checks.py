"""Which texts an order may hold: short lists of what is allowed, for every field, before anything else sees them.

What is not allowed here can never reach a switch, whatever the bridge does with it: no line ends, separators, quotes,
braces or variables but in the text of a message and the name of a caller, which the bridge writes in its own ways.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any, Final

import msgspec

from core.commands.orders import BadOrder, Order

Check = Callable[[str, Any], None]

# None begins with a dash: that could be an option of the switch's command.
NUMBER: Final = r"[0-9A-Za-z*#+._][0-9A-Za-z*#+._-]{0,63}"
USER: Final = NUMBER + r"@[0-9A-Za-z]([0-9A-Za-z.-]{0,251}[0-9A-Za-z])?"
LEG: Final = r"[0-9A-Za-z._][0-9A-Za-z._-]{0,63}"
CONTEXT: Final = r"[0-9A-Za-z._][0-9A-Za-z._-]{0,127}"
ROOM: Final = r"[0-9A-Za-z*#._][0-9A-Za-z*#._-]{0,127}"
LOT: Final = r"[0-9A-Za-z._][0-9A-Za-z._-]{0,63}"
DIGITS: Final = r"[0-9*#A-Da-d]{1,64}"
LONGEST_MESSAGE = 2000
LONGEST_NAME = 64
CAUSES: Final = (
    "NORMAL_CLEARING",
    "USER_BUSY",
    "NO_USER_RESPONSE",
    "NO_ANSWER",
    "CALL_REJECTED",
    "ORIGINATOR_CANCEL",
    "NORMAL_TEMPORARY_FAILURE",
    "NORMAL_UNSPECIFIED",
    "UNALLOCATED_NUMBER",
    "DESTINATION_OUT_OF_ORDER",
    "ALLOTTED_TIMEOUT",
)
"""with what a call may be ended"""


def _like(pattern: str, says: str) -> Check:
    allowed = re.compile(pattern)

    def check(name: str, value: Any) -> None:
        if not isinstance(value, str) or not allowed.fullmatch(value):
            raise BadOrder(f"{name}: {shown(value)} is not possible: it must be {says}.")

    return check


def _between(least: int, most: int, unit: str) -> Check:
    def check(name: str, value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadOrder(f"{name}: {shown(value)} is not possible: it must be {least} to {most} {unit}.")

    return check


def _one_of(*choices: str) -> Check:
    def check(name: str, value: Any) -> None:
        if value not in choices:
            raise BadOrder(f"{name}: there is no {shown(value)}, only {', '.join(choices)}.")

    return check


def shown(value: object) -> str:
    """Return a refused value as a sentence may repeat it: short, and nothing in it that could steer a terminal."""
    text = ascii(value) if isinstance(value, str) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _message(name: str, value: Any) -> None:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_MESSAGE:
        raise BadOrder(f"{name}: a message must have 1 to {LONGEST_MESSAGE} characters.")
    _sound(name, value, "\n\t")


def _display_name(name: str, value: Any) -> None:
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_NAME:
        raise BadOrder(f"{name}: a caller's name must have 1 to {LONGEST_NAME} characters.")
    _sound(name, value, "")
    for character in value:
        if not (character.isalnum() or unicodedata.category(character).startswith("M") or character in " .-_+&()’"):
            raise BadOrder(
                f"{name}: {shown(character)} cannot be in a caller's name: use letters, digits, . - _ + & ( )."
            )


def _sound(name: str, value: str, but: str) -> None:
    """Refuse control characters (also those that turn the direction of writing), line ends, and broken UTF-8."""
    for character in value:
        if character not in but and unicodedata.category(character) in ("Cc", "Cs", "Cf", "Zl", "Zp", "Co", "Cn"):
            if character == "\u200d":  # joins emoji and letters of some scripts
                continue
            raise BadOrder(
                f"{name}: the character U+{ord(character):04X} cannot be in it: send text without such ones."
            )


number: Final = _like(NUMBER, "1 to 64 digits, letters or * # + . _ -, and not begin with -")
user: Final = _like(USER, "a user, such as 1001@alpha.example")
leg: Final = _like(LEG, "a leg's id")
room: Final = _like(ROOM, "the name of a room: digits, letters or * # . _ -")

# Each field means the same in every order.
CHECKS: Final[dict[str, Check]] = {
    "leg": leg,
    "other": leg,
    "consult": leg,
    "to": number,
    "from_user": user,
    "context": _like(CONTEXT, "the name of a dialplan context"),
    "caller_name": _display_name,
    "timeout": _between(5, 120, "seconds"),
    "cause": _one_of(*CAUSES),
    "lot": _like(LOT, "the name of a parking slot: digits, letters or . _ -"),
    "mode": _one_of("listen", "whisper", "barge"),
    "name": _like(r"[0-9A-Za-z_][0-9A-Za-z._-]{0,199}", "a plain file name"),
    "digits": _like(DIGITS, "1 to 64 of 0-9 * # A-D"),
    "duration": _between(40, 5000, "milliseconds"),
    "text": _message,
    "room": room,
}


def checked(order: Order) -> Order:
    """Return the order; raise `BadOrder` for the first value that may not be in it."""
    for field in msgspec.structs.fields(order):
        value = getattr(order, field.name)
        if value is not None or field.default is not None:
            CHECKS[field.name](field.name, value)
    return order
