"""Keeping one switch joined for ever: try, and try again with growing pauses. One a switch; none touches another."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from bridge.errors import BridgeError, NodeError
from bridge.session.session import SwitchSession
from core.following.tasks import follow_sessions

FIRST: Final = 0.25
LONGEST: Final = 15.0
_STEADY: Final = 5.0
"""seconds: a link that held so long was no accident, and the next pause is short again"""


def follower(switch: str) -> str:
    """The name of the follower that keeps a switch joined, as the health shows it."""
    return f"session with {switch}"


class Supervisor:
    """Runs a session's lives, one after another, until it is cancelled."""

    def __init__(self, session: SwitchSession, first: float = FIRST, longest: float = LONGEST) -> None:
        """``first``, ``longest``: seconds of the pauses between two lives."""
        self.session = session
        self._first, self._longest = first, longest

    async def run(self) -> None:
        """Never returns; nothing that goes wrong with this switch ends it."""
        await follow_sessions(
            follower(self.session.switch),
            self._live,
            stopping=asyncio.Event(),
            first=self._first,
            longest=self._longest,
        )

    async def _live(self, well: Callable[[], None]) -> None:
        """One life, which always ends as a failure: of a link that was lost there is nothing to be glad."""
        steady = asyncio.get_running_loop().create_task(self._steady(well))
        try:
            reason = await self.session.run()
        except BridgeError:
            raise
        except Exception:
            self.session.trouble = f"The session with {self.session.switch} failed: see the bridge's log"
            raise
        finally:
            steady.cancel()
        raise NodeError(self.session.trouble or f"The link to {self.session.switch} was lost: {reason}")

    async def _steady(self, well: Callable[[], None]) -> None:
        await self.session.joined.wait()
        await asyncio.sleep(_STEADY)
        well()
