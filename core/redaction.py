"""Overwriting secrets in an event's bytes, before anything else sees them and before they reach any disk.

In place: every byte of a secret becomes ``*``, so that the term stays the same term with the same lengths. What counts:
passwords of any kind (voicemail's change-password among them), what SIP digests are made of, keys of encrypted media,
and by policy the digits that people press. Where a secret stands in running text (arguments of ``set`` and of API
commands, XML of the directory, JSON), what follows its name is overwritten. Doubtful cases are overwritten.

Nearly no event holds any of this, so the first question, whether a telling word occurs at all, must be cheap.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from typing import Literal

from core.errors import MalformedEvent
from core.memory import find
from core.terms import LIST, Span, content, span, walk

STAR = 42

# One of these occurs in every event that needs a closer look. (Each costs most of a microsecond an event: so few.)
# ``once`` is that of nonce and Nonce, without which there is no digest, nor a response to one.
# Without their first letters they are found at the beginning of a word, too, where it is a capital.
WORDS: tuple[bytes, ...] = (b"assw", b"ASSW", b"ecret", b"1-hash", b"once", b"uthorization", b"inline:")
WORDS += (b"pin", b"Pin", b"PIN", b"uth_response", b"uth-response", b"rypto_key", b"m_prefs")
DIGIT_WORDS = (b"DTMF-Digit", b"digits", b"send_dtmf")

# A value of more than 65,535 bytes is a list of integers, in which a word does not stand in one piece.
_MAY_HOLD_A_LIST = 2 * 65_536

_SECRET = rb"pass(?:word|wd)|secret|a1-hash|nonce"
_SECRET_NAME = re.compile(
    rb"(?i)%b|(?:^|[-_])pin(?:[-_]?number)?$|auth[-_]response$|authorization$|crypto_key$|vm_prefs$" % _SECRET
)
_DIGITS_NAME = re.compile(rb"^DTMF-Digit$|^variable_(?:.*_)?digits(?:_dialed)?$")

# Group 1 of each is what to overwrite in a value, whatever the header.
_IN_TEXT = (
    # password=1234  vm-password: "1234"  "sip_auth_password":"1234"
    re.compile(
        rb"(?i)(?:%b)[\w.-]*[\"']?\s*[=:]\s*(?:\"((?:[^\"\\]|\\.)*)|'([^']*)|([^\s,;{}\[\]()<>\"'|]+))" % _SECRET
    ),
    # <param name="a1-hash" value="..."/>, in either order
    re.compile(rb"(?i)name=[\"'][^\"'<>]*(?:%b|pin)[\"']\s+value=[\"']([^\"'<>]*)" % _SECRET),
    re.compile(rb"(?i)value=[\"']([^\"'<>]*)[\"']\s+name=[\"'][^\"'<>]*(?:%b|pin)[\"']" % _SECRET),
    re.compile(rb"(?i)\bresponse\s*=\s*\"?([0-9a-f]{32,})"),
    re.compile(rb"(?i)\bBasic\s+([a-z0-9+/=]{4,})"),
    re.compile(rb"inline:([A-Za-z0-9+/=]+)"),
)
# In the arguments of commands a name and its value may stand apart by a space or a slash: uuid_setvar, db, hash.
_ARGUMENTS = frozenset(
    {b"API-Command-Argument", b"Job-Command-Arg", b"Application-Data", b"variable_current_application_data"}
)
_COMMANDS = frozenset(
    {b"API-Command", b"API-Command-Argument", b"Job-Command", b"Job-Command-Arg", b"body"}
    | {b"Application", b"Application-Data"}
)
_IN_ARGUMENT = re.compile(rb"(?i)[\w-]*(?:%b)[\w-]*[ /]+([^\s/=:][^\s/]*)" % _SECRET)
_LAST_WORD = re.compile(rb"(\S+)\s*$")
_ANSWER = re.compile(rb"(?s)^(?:\+OK|-ERR)?\s*(.*)$")
_ASKS_FOR_SECRET = re.compile(rb"(?i)%b" % _SECRET)

Policy = Literal["keep", "redact"]


class Redactor:
    """Overwrites secrets; ``dtmf="redact"``: the digits that people press, too."""

    def __init__(self, dtmf: str = "keep") -> None:
        self._digits = dtmf == "redact"
        self._words = (*WORDS, *DIGIT_WORDS) if self._digits else WORDS

    def redact(self, term: bytes) -> bytes:
        """Return the term with its secrets overwritten: the same object when it holds none. Any bytes will do."""
        if len(term) >= _MAY_HOLD_A_LIST or any(word in term for word in self._words):
            return self._overwrite(term)
        return term

    def redact_all(self, terms: Sequence[bytes]) -> list[bytes]:
        """Return the terms with their secrets overwritten; much faster for many than one by one."""
        redacted = list(terms)
        together = b"".join(terms)
        ends = list(accumulate(map(len, terms)))
        found = {bisect_right(ends, at) for word in self._words for at in _places(together, word)}
        found.update(number for number, term in enumerate(terms) if len(term) >= _MAY_HOLD_A_LIST)
        for number in found:
            redacted[number] = self._overwrite(redacted[number])
        return redacted

    def _overwrite(self, term: bytes) -> bytes:
        """Look at the headers that hold one of the words, and at commands."""
        places = sorted(at for word in self._words for at in _places(term, word))
        target = bytearray(term)
        commands: dict[bytes, Span] = {}
        for name, value in _pairs(term):
            named = term[name.start : name.end]
            if named in _COMMANDS:
                commands[named] = value
            nearest = bisect_left(places, name.start)
            if value.tag == LIST or _is_secret(named) or (nearest < len(places) and places[nearest] < value.end):
                self._pair(term, target, content(term, name), value)
        _commands(term, target, commands)
        if self._digits:
            _sent_digits(term, target, commands)
        return bytes(target) if target != term else term

    def _pair(self, term: bytes, target: bytearray, name: bytes, value: Span) -> None:
        if _is_secret(name) or (self._digits and _DIGITS_NAME.search(name)):
            _stars(target, value, 0, None)
            return
        words = content(term, value)
        for pattern in (*_IN_TEXT, _IN_ARGUMENT) if name in _ARGUMENTS else _IN_TEXT:
            _matches(target, value, words, pattern)


_default = Redactor()
redact: Callable[[bytes], bytes] = _default.redact
"""Overwrite the secrets of one term, digits kept."""


@lru_cache(maxsize=4096)
def _is_secret(name: bytes) -> bool:
    return _SECRET_NAME.search(name) is not None


def _places(text: bytes, word: bytes) -> Iterator[int]:
    """Yield the offsets of a word."""
    at = find(text, word, 0)
    while at >= 0:
        yield at
        at = find(text, word, at + 1)


def _pairs(term: bytes) -> Iterator[tuple[Span, Span]]:
    """Yield the headers of a sound term; of a broken one those before the break, and behind it what looks like some."""
    at = 0
    try:
        for name, value in walk(term):
            at = value.after
            yield name, value
    except MalformedEvent:
        while (at := term.find(b"h\x02", at) + 2) > 1:
            try:
                name = span(term, at)
                value = span(term, name.after)
            except MalformedEvent:
                continue
            yield name, value


def _commands(term: bytes, target: bytearray, values: dict[bytes, Span]) -> None:
    """Secrets that a command carries without naming them: the last word it is given, or what it answers."""
    for command, argument in ((b"API-Command", b"API-Command-Argument"), (b"Job-Command", b"Job-Command-Arg")):
        given = values.get(argument)
        if given is None:
            continue
        if command in values and _ASKS_FOR_SECRET.search(content(term, values[command])):
            _matches(target, given, content(term, given), _LAST_WORD)
        if b"body" in values and _ASKS_FOR_SECRET.search(content(term, given)):
            _matches(target, values[b"body"], content(term, values[b"body"]), _ANSWER)


def _sent_digits(term: bytes, target: bytearray, values: dict[bytes, Span]) -> None:
    """Digits that a command or an application sends."""
    for command, argument in (
        (b"API-Command", b"API-Command-Argument"),
        (b"Job-Command", b"Job-Command-Arg"),
        (b"Application", b"Application-Data"),
    ):
        if argument in values and command in values and b"send_dtmf" in content(term, values[command]):
            _matches(target, values[argument], content(term, values[argument]), _LAST_WORD)


def _matches(target: bytearray, value: Span, words: bytes, pattern: re.Pattern[bytes]) -> None:
    for match in pattern.finditer(words):
        for group in range(1, pattern.groups + 1):
            start, end = match.span(group)
            if end > start:
                _stars(target, value, start, end)


def _stars(target: bytearray, value: Span, start: int, end: int | None) -> None:
    """Overwrite a part of a value; in a list of integers every second byte is one of the value's."""
    if value.tag == LIST:
        first = value.start + 1 + 2 * start
        last = value.end if end is None else value.start + 2 * end
        target[first:last:2] = bytes([STAR]) * len(range(first, last, 2))
    else:
        first = value.start + start
        last = value.end if end is None else value.start + end
        target[first:last] = bytes([STAR]) * (last - first)
