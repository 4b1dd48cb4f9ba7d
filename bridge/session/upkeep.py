"""While a link stands: our account of the switch's legs is held against its own whenever something speaks against it.

And a link that brings nothing is tried, for it may tick and answer although its subscription is gone.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from bridge.session.announce import Announcer
from bridge.session.channels import ForeignList
from bridge.session.clock import now
from bridge.session.commands import CommandFailed, Commands, CommandTimeout
from bridge.session.intake import Intake
from bridge.session.legs import Legs
from bridge.session.reconciliation import Reconciled, reconcile
from bridge.session.valve import Valve
from bridge.session.watch import MARK_COMMAND

LOG: Final = logging.getLogger("harmony.switch")


class Upkeep:
    """Keeps the account of one switch true."""

    def __init__(
        self,
        switch: str,
        commands: Commands,
        legs: Legs,
        intake: Intake,
        announce: Announcer,
        valve: Valve,
        patience: float,
        quiet: float,
    ) -> None:
        """``patience``: seconds that an answer may take; ``quiet``: those without an event after which it is tried."""
        self.switch, self._commands, self._legs, self._intake = switch, commands, legs, intake
        self._announce, self._valve, self._patience, self._quiet = announce, valve, patience, quiet

    async def tend(self, close: Callable[[str], None]) -> None:
        """Ask the switch again whenever there is doubt; ``close`` ends a link that is of no use, with the reason."""
        while True:
            try:
                async with asyncio.timeout(self._quiet):
                    await self._intake.doubt.wait()
            except TimeoutError:
                await self._try_the_stream(close)
                continue
            if not await self.reconcile("doubt"):
                await asyncio.sleep(self._patience)

    async def _try_the_stream(self, close: Callable[[str], None]) -> None:
        silent = now() - (self._intake.last_heard or 0)
        if self._valve.shut or silent < self._quiet * 1e6 or await self.mark():
            return
        close(f"no event came for {silent / 1e6:.0f} s, nor one that we asked for: the subscription is gone")

    async def reconcile(self, cause: str) -> bool:
        """An answer that is late or strange must not cost us the events that come: it is asked for again."""
        try:
            await self._reconcile(cause)
        except (CommandFailed, CommandTimeout, ForeignList) as error:
            LOG.warning("%s could not be reconciled yet: %s", self.switch, error, extra={"switch": self.switch})
            self._intake.doubt.set()
            return False
        return True

    async def _reconcile(self, cause: str) -> Reconciled:
        self._intake.doubt.clear()
        core = self._intake.core_uuid
        found = await reconcile(
            self._commands,
            self._legs,
            self.mark,
            lambda channel: self._announce.alive(core, channel),
            lambda leg: self._announce.gone(core, leg),
        )
        self._intake.reconciled()
        self._announce.reconciled(core, cause, found)
        if cause == "doubt" and (found.gone or found.unseen):
            LOG.warning(
                "%s: %d legs had ended and %d begun unseen",
                self.switch,
                len(found.gone),
                len(found.unseen),
                extra={"switch": self.switch},
            )
        return found

    async def mark(self) -> bool:
        """Have the switch make an event behind all that it has queued for us; wait until it is here."""
        mark = f"harmony-{uuid4()}"
        arrived = self._intake.marks[mark] = asyncio.get_running_loop().create_future()
        try:
            await self._commands.api(MARK_COMMAND.decode(), mark)
            async with asyncio.timeout(self._patience):
                await arrived
        except (TimeoutError, CommandTimeout, CommandFailed):
            return False
        finally:
            del self._intake.marks[mark]
        return True
