"""Overwriting secrets in an event's bytes, before anything else sees them and before they reach any disk.

In place: every byte of a secret becomes ``*``, so that the term stays the same term with the same lengths. What counts
is the table of `core.secret_rules`, and by policy the digits that people press. Where a secret stands in running text
(arguments of ``set`` and of API commands, XML of the directory, JSON), what follows its name is overwritten. Doubtful
cases are overwritten.

Nearly no event holds any of this, so the first question, whether a telling word occurs at all, must be cheap: RE2 asks
for all of them at once, in one pass whatever their number and case, and without the interpreter's lock.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any, Literal

import re2

from core.errors import MalformedEvent
from core.secret_rules import RULES, compiled, union
from core.terms import LIST, Span, content, head, opening, span, walk

STAR = 42

# A PIN that stands behind a conference's name in an application's data, and nowhere says that it is one: 3000+4711. Its
# teller is the header's name and how its value begins, in both encodings.
_BARE_PIN = re.compile(rb"(?i)^[a-z0-9_.-]+\+([0-9][^\s+,]*)")
_BARE_PIN_TELLER = r"application[-_]data(?:k[\x00-\xff]{2}|m[\x00-\xff]{4})[a-z0-9_.-]+\+[0-9]"
_DATA = frozenset({b"Application-Data", b"variable_current_application_data"})
TELLERS = (*(rule.teller for rule in RULES), _BARE_PIN_TELLER)
DIGIT_TELLERS = ("dtmf-digit", "digits", "send_dtmf")
# In a value that is a list of integers (one of more than 65,535 bytes, mostly) no word stands in one piece.
_LIST = r"l\x00[\x00-\xff]{3}a"
_MAY_HOLD_A_LIST = 2 * 65_536
# The function that makes each event of a registration. Its value ends there, so nothing can follow.
_HARMLESS = b"sofia_reg_handle_register_tokenh\x02"
_HARMLESS_AT = _HARMLESS.index(b"token")

_DIGITS_NAME = re.compile(rb"^DTMF-Digit$|^variable_(?:.*_)?digits(?:_dialed)?$")
_NAMES = tuple(compiled(rule, name) for rule in RULES for name in rule.names)
_IN_TEXT = tuple(compiled(rule, text) for rule in RULES for text in rule.texts)
_IN_ARGUMENT = tuple(compiled(rule, text) for rule in RULES for text in rule.arguments)
_ASKS_FOR_SECRET = re.compile(union([rule.teller for rule in RULES if rule.asked]), re.IGNORECASE)
_ARGUMENTS = frozenset(
    {b"API-Command-Argument", b"Job-Command-Arg", b"Application-Data", b"variable_current_application_data"}
)
_COMMANDS = frozenset(
    {b"API-Command", b"API-Command-Argument", b"Job-Command", b"Job-Command-Arg", b"body"}
    | {b"Application", b"Application-Data"}
)
_LAST_WORD = re.compile(rb"(\S+)\s*$")
_ANSWER = re.compile(rb"(?s)^(?:\+OK|-ERR)?\s*(.*)$")

Policy = Literal["keep", "redact"]


@cache
def _searcher(tellers: tuple[str, ...]) -> Any:
    """Return what finds all of the tellers, whatever their case, in bytes of any kind."""
    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    options.case_sensitive = False
    options.never_capture = True
    return re2.compile(union(list(tellers)), options)


class Redactor:
    """Overwrites secrets; ``dtmf="redact"``: the digits that people press, too."""

    def __init__(self, dtmf: str = "keep") -> None:
        self._digits = dtmf == "redact"
        tellers = (*TELLERS, *DIGIT_TELLERS) if self._digits else TELLERS
        self._tellers, self._lists = _searcher(tellers), _searcher((_LIST,))
        self._first = _searcher((*tellers, _LIST))

    def redact(self, term: bytes) -> bytes:
        """Return the term with its secrets overwritten: the same object when it holds none. Any bytes will do."""
        if len(term) >= _MAY_HOLD_A_LIST or self._first.search(term):
            return self._overwrite(term)
        return term

    def redact_all(self, terms: Sequence[bytes]) -> list[bytes]:
        """Return the terms with their secrets overwritten; much faster for many than one by one."""
        redacted = list(terms)
        together = b"".join(terms)
        ends = list(accumulate(map(len, terms)))
        # A teller that reaches over the end of a term hides none: all that begin in the term behind it are looked for.
        found: set[int] = set()
        for match in self._first.finditer(together):
            first = bisect_right(ends, match.start())
            found.update(range(first, bisect_left(ends, match.end()) + 1))
        found.update(number for number, term in enumerate(terms) if len(term) >= _MAY_HOLD_A_LIST)
        for number in found:
            redacted[number] = self._overwrite(redacted[number])
        return redacted

    def _overwrite(self, term: bytes) -> bytes:
        """Look at the headers that hold a teller, and at commands."""
        places = [match.start() for match in self._tellers.finditer(term)]
        places = [at for at in places if not term.startswith(_HARMLESS, at - _HARMLESS_AT)]
        if not places and len(term) < _MAY_HOLD_A_LIST and not self._lists.search(term):
            return term
        target = bytearray(term)
        commands: dict[bytes, Span] = {}
        covered = 0
        for name, value in _pairs(term):
            named = content(term, name)
            if named in _COMMANDS:
                commands[named] = value
            nearest = bisect_left(places, name.start)
            here = bisect_left(places, value.end)
            if LIST in (name.tag, value.tag) or nearest < here:
                self._pair(term, target, named, value)
            covered += here - nearest
        _commands(term, target, commands)
        if self._digits:
            _sent_digits(term, target, commands)
        if covered < len(places):
            _rest(term, target, places)
        return bytes(target) if target != term else term

    def _pair(self, term: bytes, target: bytearray, name: bytes, value: Span) -> None:
        if _is_secret(name) or (self._digits and _DIGITS_NAME.search(name)):
            _stars(target, value, 0, None)
            return
        words = content(term, value)
        for pattern in (*_IN_TEXT, *_IN_ARGUMENT) if name in _ARGUMENTS else _IN_TEXT:
            _matches(target, value, words, pattern)
        if name in _DATA:
            _matches(target, value, words, _BARE_PIN)


_default = Redactor()
redact: Callable[[bytes], bytes] = _default.redact
"""Overwrite the secrets of one term, digits kept."""


@lru_cache(maxsize=4096)
def _is_secret(name: bytes) -> bool:
    return any(pattern.search(name) for pattern in _NAMES)


def _rest(term: bytes, target: bytearray, places: Sequence[int]) -> None:
    """What stands in no header: behind an event, in a broken one, or in a message of another kind. Nobody knows where a
    secret ends there, so all behind the first word that tells of one goes. The leg that an event is of stays."""
    try:
        _, begin = head(term, opening(term) + 4)
    except MalformedEvent:
        begin = 0
    inside = [(name.start, value.end) for name, value in _pairs(term)]
    for at in places:
        if at >= begin and not any(start <= at < end for start, end in inside):
            target[at:] = bytes([STAR]) * (len(term) - at)
            return


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
