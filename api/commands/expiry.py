"""Commands that nobody takes end in time, also when no bridge asks for them."""

import asyncio

from core.commands.store import CommandStore
from core.following.tasks import follow

EXPIRING = 1.0
"""seconds between two looks for commands that nobody took in time"""


async def expire(store: CommandStore) -> None:
    """Look for ever. Cancel it to end. With the database away they are late, also when it is back."""
    await follow("expiry of commands", lambda: asyncio.to_thread(store.expire), EXPIRING)
