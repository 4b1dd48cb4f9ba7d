"""The words of a switch command, and the only places where a text may become one.

FreeSWITCH takes a command's line apart several times (switch_utils.c `switch_separate_string`, switch_event.c
`switch_event_create_brackets`, switch_ivr_originate.c), each time with other special characters, and expands variables
in some of what is left. Hence lists of what is allowed, and escaping of blanks only; whatever else a text holds, it is
refused here, also when `core.commands.checks` let it pass.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from core.commands.orders import BadOrder

_WORD: Final = re.compile(r"[0-9A-Za-z*#+._][0-9A-Za-z*#+._-]{0,127}")
_USER: Final = re.compile(r"([0-9A-Za-z*#+._][0-9A-Za-z*#+._-]{0,63})@([0-9A-Za-z][0-9A-Za-z.-]{0,252})")
_FOLDER: Final = re.compile(r"/[0-9A-Za-z._/ -]{1,1000}")
_DIGITS: Final = re.compile(r"[0-9*#A-Da-d]{1,64}")
# Words that the commands themselves know: `uuid_hold off LEG`, `originate ... undef` (which ends the switch by an
# assertion where a number should be), `eavesdrop all`, `conference ROOM mute last`.
_TAKEN: Final = frozenset({"off", "toggle", "undef", "all", "last", "non_moderator"})


def word(name: str, value: str) -> str:
    """Return a number, context, room or file name: one word that means nothing to the switch but itself."""
    if not _WORD.fullmatch(value) or value.lower() in _TAKEN:
        raise _refused(name, value)
    return value


def user(name: str, value: str) -> tuple[str, str]:
    """Return a user's name and domain."""
    found = _USER.fullmatch(value)
    if found is None or found[1].lower() in _TAKEN:
        raise _refused(name, value)
    return found[1], found[2]


def digits(name: str, value: str) -> str:
    """Return digits of a phone."""
    if not _DIGITS.fullmatch(value):
        raise _refused(name, value)
    return value


def display_name(name: str, value: str) -> str:
    r"""Return a caller's name for originate's braces: letters, marks, digits and a few signs; blanks as ``\s``.

    No colon: `:_:` divides a dial string wherever it stands. No sign that ends a name in a SIP header.
    """
    for character in value:
        if not (character.isalnum() or unicodedata.category(character).startswith("M") or character in " .-_+&()’"):
            raise _refused(name, value)
    kept = " ".join(value.split(" ")).strip()
    if not kept:
        raise _refused(name, value)
    return kept.replace(" ", r"\s")


def text(name: str, value: str) -> str:
    """Return a message's text, which goes as a value of its own; only what C would end it at is refused."""
    if not value or "\0" in value:
        raise _refused(name, value)
    try:
        value.encode()
    except UnicodeEncodeError:
        raise _refused(name, value) from None
    return value


def folder(answer: str) -> str:
    r"""Return a directory that the switch named, as a part of a command: blanks as ``\s``."""
    path = answer.strip().rstrip("/")
    if not _FOLDER.fullmatch(path) or "/../" in f"{path}/":
        raise BadOrder(f"The switch keeps its recordings in {ascii(path)[:80]}, which a command cannot name.")
    return path.replace(" ", r"\s")


def _refused(name: str, value: str) -> BadOrder:
    return BadOrder(f"{name}: {ascii(value)[:60]} cannot be sent to a switch: nothing was done.")
