"""The call fold: which legs are one call, and what its people lived through. Pure; `CallFold` is the way in."""

from projections.callflow.changes import CallEvent, CallState, Changes, Merged
from projections.callflow.document import Call, render
from projections.callflow.fold import CallFold
from projections.callflow.reading import TOPICS

__all__ = ["TOPICS", "Call", "CallEvent", "CallFold", "CallState", "Changes", "Merged", "render"]
