"""The followers of this process, by the way they fare: a list such as `threading.enumerate`, tasks included."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from core.following.course import Course, Standing

_lock = threading.Lock()
_courses: list[Course] = []


@contextmanager
def listed(course: Course) -> Iterator[None]:
    """Have a follower in the list for as long as the context lasts."""
    with _lock:
        _courses.append(course)
    try:
        yield
    finally:
        with _lock:
            _courses.remove(course)


def standings() -> list[Standing]:
    """How those fare that follow something just now, by name; from any thread."""
    with _lock:
        return sorted((course.seen(time.time()) for course in _courses), key=lambda standing: standing.name)
