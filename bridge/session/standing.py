"""Keeping what a switch has read once like the registry: looked at after each connect, and when the registry changes.

What to tell it is `bridge.fetch.standing`'s business. What the switch does not take is said in the log, and tried again
with the next change: fetches are answered all the same.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

from bridge.fetch.standing import CALLCENTER, Order, gateway_orders, has, profiles, queue_orders
from bridge.session.commands import CommandFailed, Commands, CommandTimeout
from core.registry import Registry
from core.registry.snapshot import EMPTY

LOG: Final = logging.getLogger("harmony.fetch")
LOOK: Final = 0.5
"""seconds between two looks whether the registry is another"""
PATIENCE: Final = 60.0
"""seconds that a switch gets for something that it reads anew"""


class Standing:
    """The gateways, queues and agents of one switch. `run` while a link stands; ``sofia`` is its sofia.conf."""

    def __init__(self, commands: Commands, switch: str, registry: Callable[[], Registry]) -> None:
        self._commands, self._switch, self._registry = commands, switch, registry
        self._told: Registry | None = None
        self.profiles: tuple[str, ...] = ()
        """the SIP profiles that take gateways from us"""

    def look(self, sofia: str) -> None:
        """Note which profiles of the switch's sofia.conf take gateways from us."""
        self.profiles = profiles(sofia)

    async def run(self) -> None:
        """Keep at it until cancelled."""
        seen: Registry | None = None
        while True:
            registry = self._registry()
            if registry is not seen and registry is not EMPTY:
                seen = registry
                try:
                    await self._tell(registry)
                except (CommandFailed, CommandTimeout) as error:
                    LOG.warning("%s", error, extra={"switch": self._switch})
            await asyncio.sleep(LOOK)

    async def _tell(self, registry: Registry) -> None:
        before, self._told = self._told, registry
        await self._list("xml_flush_cache", "")  # users that it keeps
        status = await self._list("sofia", "status")
        queues, agents, tiers = [await self._list(CALLCENTER, f"{what} list") for what in ("queue", "agent", "tier")]
        there = has(status or "", queues or "", agents or "", tiers or "")
        orders = gateway_orders(registry, before, there, self.profiles) if status is not None else []
        orders += queue_orders(registry, before, there) if queues is not None else []
        for order in orders:
            await self._give(order)
        if orders:
            LOG.info("%s has gateways, queues and agents anew: %d commands", self._switch, len(orders))

    async def _list(self, command: str, argument: str) -> str | None:
        """A list of the switch's; None where it has no such module."""
        try:
            return await self._commands.api(command, argument)
        except CommandFailed:
            return None

    async def _give(self, order: Order) -> None:
        """Give one command; one that is refused keeps no other from being given."""
        try:
            if order.fetches:
                job = await self._commands.bgapi(order.command, order.argument)
                await job.result(PATIENCE)
            else:
                await self._commands.api(order.command, order.argument)
        except CommandFailed as error:
            LOG.warning("%s (%s)", error, order.argument, extra={"switch": self._switch})
