"""Work on one call that is done in slices, so that a long call does not make all others wait for it.

Interpreting a call of ten thousand facts takes a second or more; a page of events that arrives meanwhile must not wait.
The usual answers are a thread or a process. Both would break "same log, same answer", for what is handed out would
depend on which of them is faster. So the work itself knows where it can pause: a function that returns `Slices[T]` is a
generator that yields after each portion and returns its result at the end. The functions that it calls are driven by
`yield from`.

Whoever has time runs it to its end with `whole`. The fold advances it by a few portions a page (`pacing`). In between
the work owns copies of all that it reads, because the facts of the call grow while it is paused.

A portion is counted in facts and not in seconds: nothing in here knows a clock.
"""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Slices: TypeAlias = Generator[None, None, T]

PORTION = 32
"""facts whose course is worked out between two yields: some milliseconds"""


def whole(work: Slices[T]) -> T:
    """Do it all at once."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result
