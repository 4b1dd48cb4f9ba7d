"""Which regular expressions an entry of the registry may have: those whose search takes a bounded time.

A dialled number is matched against an override's expression while a caller waits, on the loop that serves all switches.
Python's `re` goes back and tries again, so that `^(1+)+$` takes longer than the caller lives. Refused is what
multiplies the ways to match: a repetition inside a repetition, choices inside one, many repetitions beside each other,
references back. The numbers of a dialplan need none of it.
"""

from __future__ import annotations

import re
import warnings
from importlib import import_module
from typing import Any, Final

# Not described for the type checker, which says so or not, as its cache is.
c: Any = import_module("re._constants")
parser: Any = import_module("re._parser")

LONGEST: Final = 200
"""characters of an expression"""
MOST_TIMES: Final = 64
"""how often something may be repeated by count; what can be dialled has at most 64 characters"""
MOST_CHOICES: Final = 4096
MOST_WAYS: Final = 64**3
"""ways in which an expression may match: repetitions beside each other multiply them, and so do choices"""
_REPEATS: Final = frozenset({c.MAX_REPEAT, c.MIN_REPEAT, c.POSSESSIVE_REPEAT})


def trouble(expression: str) -> str | None:
    """Return why an expression cannot be used, as the end of a sentence; None for one that can."""
    if len(expression) > LONGEST:
        return f"is longer than {LONGEST} characters"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            re.compile(expression)
            parsed = parser.parse(expression)
    except (re.error, OverflowError, RecursionError, ValueError, Warning) as error:
        return f"is no regular expression ({error or type(error).__name__})"
    found = _Shape()
    found.look(parsed, inside=False)
    if found.trouble is None and (found.ways > MOST_WAYS or found.choices > MOST_CHOICES):
        return "can match in too many ways: use fewer repetitions and choices"
    return found.trouble


class _Shape:
    """What makes an expression slow, looked for in its parsed form."""

    def __init__(self) -> None:
        self.trouble: str | None = None
        self.ways = self.choices = 1

    def look(self, items: Any, inside: bool) -> None:
        """Walk through; ``inside``: of something that is repeated."""
        for operation, argument in items:
            if operation in _REPEATS:
                self._repeat(argument, inside)
            elif operation is c.BRANCH:
                if inside:
                    self.trouble = self.trouble or "chooses inside a repetition, which can take for ever"
                self.ways *= len(argument[1])
                self.choices *= len(argument[1])
                for branch in argument[1]:
                    self.look(branch, inside)
            elif operation is c.SUBPATTERN:
                self.look(argument[3], inside)
            elif operation is c.ATOMIC_GROUP:
                self.look(argument, inside)
            elif operation in (c.ASSERT, c.ASSERT_NOT):
                self.look(argument[1], inside)
            elif operation in (c.GROUPREF, c.GROUPREF_EXISTS):
                self.trouble = self.trouble or "refers back to what it matched"

    def _repeat(self, argument: Any, inside: bool) -> None:
        least, most, what = argument
        if inside:
            self.trouble = self.trouble or "repeats inside a repetition, which can take for ever"
        if least > MOST_TIMES or (most is not c.MAXREPEAT and most > MOST_TIMES):
            self.trouble = self.trouble or f"repeats something more than {MOST_TIMES} times"
        self.ways *= MOST_TIMES if most is c.MAXREPEAT else min(MOST_TIMES, most - least + 1)
        if (least, most) == (0, 1):
            self.choices *= 2
        self.look(what, inside=inside or most > 1)
