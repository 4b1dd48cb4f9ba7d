"""What is sent to a switch for an order: one value a message, in the order of sending. Values only."""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Ask(msgspec.Struct, frozen=True, tag="api"):
    """An `api` command that changes nothing; its answer is looked at before anything else is sent."""

    command: str
    argument: str

    @property
    def line(self) -> str:
        """The question as it would be typed, by which answers are kept."""
        return f"{self.command} {self.argument}"


class Job(msgspec.Struct, frozen=True, tag="bgapi"):
    """A `bgapi` command; ``patience``: how many seconds its result may take."""

    command: str
    argument: str
    patience: float = 20.0


class Event(msgspec.Struct, frozen=True, tag="sendevent"):
    """An event that is fired on the switch; its values are no words of a command and need no quoting."""

    name: str
    headers: dict[str, str]


Step: TypeAlias = Job | Event


class Plan(msgspec.Struct, frozen=True):
    """The steps of an order; each must have succeeded before the next is sent."""

    steps: tuple[Step, ...]
    leg: str | None = None
    """the leg that the last step makes, where its id is ours to choose"""
    makes_leg: bool = False
    """the last answer is `+OK <the new leg>`"""
