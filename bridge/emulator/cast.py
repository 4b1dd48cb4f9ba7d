"""Who plays whom: the recordings know six people of two companies, a take lets others speak their parts.

One bijection a take, of numbers, first names and companies, so that everybody stays one person throughout it.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Final

PEOPLE: Final = {
    b"1001": b"Alice",
    b"1002": b"Bob",
    b"1003": b"Carol",
    b"1004": b"Dave",
    b"1005": b"Eve",
    b"1006": b"Frank",
}
COMPANIES: Final = (b"alpha", b"beta", b"gamma", b"delta")
NAMED: Final = {name: number for number, name in PEOPLE.items()}

# A number of four digits in a duration or a count is nobody.
NUMBERS_ONLY: Final = (
    b"sec",
    b"bytes",
    b"count",
    b"port",
    b"epoch",
    b"rate",
    b"duration",
    b"interval",
    b"size",
    b"Rate",
)


class Cast:
    """One take's bijection."""

    def __init__(self, random: Random, companies: Sequence[bytes] = COMPANIES) -> None:
        """``companies``: those that may speak, two at least."""
        numbers, companies = list(PEOPLE), list(companies)
        random.shuffle(numbers)
        random.shuffle(companies)
        self._numbers = dict(zip(PEOPLE, numbers, strict=True))
        self._companies = dict(zip(COMPANIES, companies, strict=False))

    def person(self, was: bytes) -> bytes:
        """Return who speaks the part, by number or by first name as asked."""
        if was in NAMED:
            return PEOPLE[self._numbers[NAMED[was]]]
        return self._numbers[was]

    def company(self, was: bytes) -> bytes:
        """Return the company in the place of another, capitalised as it was."""
        now = self._companies[was.lower()]
        return now.capitalize() if was[:1].isupper() else now
