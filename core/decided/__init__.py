"""What people decide, as events: who, when, what was before, and how it is undone. The first: notes and tags of calls.

Each kind of thing is a file: its events (frozen, with stable names), and the pure functions that fold them and make the
next one. `store` keeps them by the eventsourcing library, whose application, repository and recorder they are.
"""

from core.decided.decision import Decision
from core.decided.store import Changed, Decisions

__all__ = ["Changed", "Decision", "Decisions"]
