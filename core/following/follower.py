"""The thread that follows something: it opens a session, steps while there is something to do, waits, and begins again.

    while it is not stopped:              a session: a connection, what must be known before the first step
        open a session                    an exception of any kind ends it: it is said, counted, and shown; after a
        while it is not stopped:          pause there is a new session
            step; nothing to do? wait

An exception is caught in this one place. What would end the thread all the same ends the process: nobody would do what
the thread is for.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from contextlib import AbstractContextManager

import msgspec

from core.following.course import FIRST, LONGEST, LONGEST_STEP, Course, Standing, foreseen, sentence
from core.following.ending import end_process
from core.following.here import listed

LOG = logging.getLogger("harmony.following")


class Session(msgspec.Struct, frozen=True):
    """What lasts as long as nothing fails."""

    step: Callable[[], bool]
    """do what there is to do; True: there may be more, and there is no need to wait"""
    wait: Callable[[], object]
    """until something may have come; no longer than a second or so, unless `Follower.ring` ends it"""


class Follower(threading.Thread, ABC):
    """Start it once; `session` says what it does."""

    def __init__(
        self,
        name: str,
        *,
        first: float = FIRST,
        longest: float = LONGEST,
        longest_step: float = LONGEST_STEP,
        ended: Callable[[str], None] = end_process,
    ) -> None:
        """``first``, ``longest``: seconds of the pauses after failures; ``longest_step``: those after which it hangs.

        ``ended`` is told the name of one that could not go on, by default to end the process.
        """
        super().__init__(name=name, daemon=True)
        self.course = Course(name, first, longest, longest_step)
        self.stopping = threading.Event()
        self.ended = ended
        self._bell = threading.Event()

    @abstractmethod
    def session(self) -> AbstractContextManager[Session]:
        """Open what is needed; closed after a failure, and at the end. What it raises is a failure."""

    @property
    def standing(self) -> Standing:
        """How it fares; from any thread."""
        return self.course.standing

    def ring(self) -> None:
        """Have it look now: ends a `rest`, also the pause after a failure. Cheap when it is rung already."""
        if not self._bell.is_set():
            self._bell.set()

    def rest(self, seconds: float | None) -> None:
        """Wait (in this thread) until that long has passed, or somebody rings."""
        if not self.stopping.is_set():
            self.course.rests()
            self._bell.wait(seconds)
            self.course.works(time.time())
        self._bell.clear()

    def finish(self) -> None:
        """End in good order, soon."""
        self.stopping.set()
        self._bell.set()

    def stop(self, timeout: float = 10.0) -> bool:
        """End, and wait for it; False when it took too long."""
        self.finish()
        if self.is_alive():
            self.join(timeout)
        return not self.is_alive()

    def put_aside(self, what: str, error: Exception) -> None:
        """Say and count that something cannot be digested: ``what`` begins the line. What is done with it is the
        caller's."""
        self.course.put_aside()
        trace = None if foreseen(error) else error
        LOG.error("%s: %s put it aside (%s)", what, self.name, sentence(error), exc_info=trace)

    def run(self) -> None:
        """Follow until stopped (the thread's own business)."""
        try:
            with listed(self.course):
                while not self.stopping.is_set():
                    try:
                        self._follow()
                    except Exception as error:  # the one place
                        self._failed(error)
        except BaseException:
            LOG.critical("%s cannot go on: the process ends, to be started again", self.name, exc_info=True)
            self.ended(self.name)

    def _follow(self) -> None:
        self.course.works(time.time())
        with self.session() as session:
            while not self.stopping.is_set():
                self.course.works(time.time())
                more = session.step()
                lasted = self.course.well(time.time())
                if lasted is not None:
                    LOG.info("%s is well again after %.1f s", self.name, lasted)
                if not more and not self.stopping.is_set():
                    self.course.rests()
                    session.wait()

    def _failed(self, error: Exception) -> None:
        failed = self.course.failed(error, time.time(), random.random())
        if failed.say and not self.stopping.is_set():
            LOG.warning(
                "%s is in trouble and tries again: %s",
                self.name,
                failed.sentence,
                exc_info=error if failed.unforeseen else None,
            )
        self.rest(failed.pause)
