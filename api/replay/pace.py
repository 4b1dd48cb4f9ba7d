"""When each event of a replay is due, by the times at which they happened. Pure."""

SPEEDS = {"1": 1.0, "10": 10.0, "max": None}
BACKWARDS = 60_000_000
"""µs by which time goes back when another recording begins; less is disorder"""


class Pace:
    """Ask for the events in order. `speed` None: all at once; `idle`: seconds that a silence lasts at most."""

    def __init__(self, speed: float | None, idle: float | None = None) -> None:
        self._speed, self._idle = speed, idle
        self._last: int | None = None
        self.due = 0.0

    def step(self, occurred_at: int) -> float:
        """Seconds after the replay's begin at which the event is due."""
        if self._speed is None:
            return 0.0
        if self._last is None or occurred_at < self._last - BACKWARDS:
            self._last = occurred_at
        silence = max(0, occurred_at - self._last) / 1e6
        if self._idle is not None:
            silence = min(silence, self._idle)
        self._last = max(self._last, occurred_at)
        self.due += silence / self._speed
        return self.due
