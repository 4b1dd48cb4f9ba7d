"""Following: the one loop of everything that waits for something and then acts on it, for as long as its process lives.

`Follower` is a thread, `follow` a coroutine; both stand on `Course`, which is pure. `standings` says how all of them in
this process fare, for /readyz, the status and the metrics. Whoever follows brings a session: how to open what it needs,
one step, and how to wait for the next one. What is raised meanwhile is caught here and nowhere else.
"""

from core.following.course import Standing
from core.following.ending import end_process
from core.following.follower import Follower, Session
from core.following.here import standings

__all__ = ["Follower", "Session", "Standing", "end_process", "standings"]
