"""Work on one call that can be done in slices, so that a long call never makes the others wait for all of it at once.

A function that returns `Slices[T]` yields after each portion of its work and returns its result at the end. Whoever
has time for all of it calls `whole`; the fold does a few portions a page. Nothing in here knows a clock: what a portion
is, is counted in facts.
"""

from collections.abc import Generator
from typing import TypeAlias, TypeVar

T = TypeVar("T")
Slices: TypeAlias = Generator[None, None, T]

PORTION = 64
"""facts whose course is worked out between two yields: some milliseconds"""


def whole(work: Slices[T]) -> T:
    """Do it all at once."""
    while True:
        try:
            next(work)
        except StopIteration as done:
            result: T = done.value
            return result
