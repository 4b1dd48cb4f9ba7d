"""After a time in which events may have been missed: hold our account of the legs against what the switch says.

The switch's list keeps ghosts and its events may still be on their way, so nothing is believed from one source alone: a
leg of ours is gone when the list lacks it, the switch denies it by name, and no event about its end came before a mark
that we sent behind the list. What follows from it is the fold's; here it becomes own events.
"""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable

import msgspec

from bridge.session.channels import Channel, parse_channels
from bridge.session.commands import CommandFailed, Commands
from bridge.session.legs import Legs


class Reconciled(msgspec.Struct, frozen=True):
    """What one reconciliation found."""

    alive: tuple[Channel, ...] = ()
    """every channel that the switch has"""
    unseen: tuple[str, ...] = ()
    """those of them whose begin we had not seen"""
    gone: tuple[str, ...] = ()
    """legs that lived by our account and that the switch does not know"""
    ghosts: int = 0
    """rows of the list that the switch itself does not know"""
    certain: bool = True
    """False: the mark did not come back in time, so an end may still be on its way"""


async def reconcile(
    commands: Commands,
    legs: Legs,
    mark: Callable[[], Awaitable[bool]],
    on_alive: Callable[[Channel], None],
    on_gone: Callable[[str], None],
) -> Reconciled:
    """Compare; call ``on_alive`` and ``on_gone`` for each finding at the moment at which it is true; correct ``legs``.

    ``mark`` sends something behind what the switch has queued for us and says whether it came back.
    """
    before = legs.alive()
    legs.watch_ends()
    try:
        listed = parse_channels(await commands.api("show", "channels as json"))
        certain = await mark()
        alive: list[Channel] = []
        unseen: list[str] = []
        ghosts = 0
        for channel in listed:
            if legs.ended(channel.uuid):
                continue
            if not await exists(commands, channel.uuid):
                ghosts += 1
                continue
            if legs.ended(channel.uuid):  # its end came while we waited for the answer
                continue
            if channel.uuid not in legs:
                unseen.append(channel.uuid)
            legs.begin(channel.uuid)
            alive.append(channel)
            on_alive(channel)
        gone: list[str] = []
        living = {channel.uuid for channel in alive}
        for leg in sorted(before - living):
            if leg in legs and not await exists(commands, leg) and leg in legs:
                legs.end(leg)
                gone.append(leg)
                on_gone(leg)
        return Reconciled(tuple(alive), tuple(unseen), tuple(gone), ghosts, certain)
    finally:
        legs.watched_enough()


async def exists(commands: Commands, leg: str) -> bool:
    """Ask the switch whether a leg lives."""
    with contextlib.suppress(CommandFailed):
        return (await commands.api("uuid_exists", leg)).strip() == "true"
    return False
