"""What would happen to a call, step by step: both the switch's dialplan and the explanation are made of it."""

from __future__ import annotations

import msgspec

Action = tuple[str, str]
"""an application of the dialplan, and its data"""


class Step(msgspec.Struct, frozen=True):
    """One decision, in words, and what the switch does for it."""

    says: str
    actions: tuple[Action, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """All steps of a call to one number in one context."""

    context: str
    number: str
    steps: tuple[Step, ...]

    @property
    def actions(self) -> tuple[Action, ...]:
        """What the switch executes, in order."""
        return tuple(action for step in self.steps for action in step.actions)


def step(says: str, *actions: str) -> Step:
    """Return a step; an action is written as `application data`."""
    return Step(says, tuple((name, data) for name, _, data in (action.partition(" ") for action in actions)))
