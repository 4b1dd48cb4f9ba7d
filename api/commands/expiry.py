"""Commands that nobody takes end in time, also when no bridge asks for them."""

import asyncio
from contextlib import suppress

from core.commands.store import CommandStore
from core.errors import LogError

EXPIRING = 1.0
"""seconds between two looks for commands that nobody took in time"""


async def expire(store: CommandStore) -> None:
    """Look for ever. Cancel it to end."""
    while True:
        with suppress(LogError):  # the database is away, which the pulse tells; they are late also when it is back
            await asyncio.to_thread(store.expire)
        await asyncio.sleep(EXPIRING)
