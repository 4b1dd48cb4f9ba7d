"""Keeping one switch joined for ever: try, and try again with growing pauses. One a switch; none touches another."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from typing import Final

from bridge.errors import BridgeError
from bridge.node import Backoff
from bridge.session.session import SwitchSession

LOG: Final = logging.getLogger("harmony.switch")
_STEADY: Final = 5.0  # a link that held this many seconds was no accident: the next pause is short again


class Supervisor:
    """Runs a session's lives, one after another, until it is cancelled."""

    def __init__(
        self, session: SwitchSession, backoff: Backoff | None = None, chance: Callable[[], float] = random.random
    ) -> None:
        self.session = session
        self._backoff = backoff or Backoff()
        self._chance = chance

    async def run(self) -> None:
        """Never returns; nothing that goes wrong with this switch ends it."""
        said = ""
        while True:
            began = time.monotonic()
            try:
                await self.session.run()
            except BridgeError as error:
                if str(error) != said:  # an hour of the same trouble is one line
                    LOG.warning("%s", error, extra={"switch": self.session.switch})
                said = str(error)
            except Exception:
                self.session.trouble = f"The session with {self.session.switch} failed: see the bridge's log"
                LOG.exception(
                    "The session with %s failed; it is begun again",
                    self.session.switch,
                    extra={"switch": self.session.switch},
                )
            else:
                said = ""
            if time.monotonic() - began >= _STEADY:
                self._backoff.reset()
            await asyncio.sleep(self._backoff.next(self._chance()))
