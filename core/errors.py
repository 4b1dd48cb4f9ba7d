"""The root of all errors that Harmony raises itself, and those of this package.

Every package derives its own errors from `HarmonyError`. An error has a stable ``code`` (for programs) and one
sentence (for people: what, where, what to do). Errors of drivers are turned into these where they are met.
"""

from __future__ import annotations


class HarmonyError(Exception):
    """Something went wrong in a way that Harmony knows how to explain; ``str(error)`` is one sentence."""

    code: str = "harmony"


class MalformedEvent(HarmonyError):
    """Bytes that are no switch event. ``code`` names the kind, ``offset`` the byte where reading stopped."""

    def __init__(self, code: str, offset: int, what: str) -> None:
        super().__init__(f"This is no well-formed switch event: {what} (at byte {offset}).")
        self.code = code
        self.offset = offset

    def __reduce__(self) -> tuple[object, ...]:
        return (_malformed, (self.code, self.offset, str(self)))


def _malformed(code: str, offset: int, sentence: str) -> MalformedEvent:
    error = MalformedEvent(code, offset, "")
    error.args = (sentence,)
    return error


class LogError(HarmonyError):
    """The event log could not do what was asked of it."""

    code = "log"


class LogAway(LogError):
    """The database of the event log cannot be reached, or went away in the middle; trying again later may help."""

    code = "log.away"


class LogNotReady(LogError):
    """The database is there, but its tables are not (or not those of this version)."""

    code = "log.not-ready"


class LogRefused(LogError):
    """The database will not have a certain row; the others may be fine."""

    code = "log.refused"
