"""Our entry with epmd: made at the start, made again when epmd dies, and an epmd of our own where none runs."""

from __future__ import annotations

import asyncio
import logging
import random

from bridge import epmd
from bridge.errors import EpmdUnreachable, ForeignPeer, NameTaken
from core.following.backoff import Backoff


class Listing:
    """Keeps one node registered for as long as it lives."""

    def __init__(self, node: epmd.Registered, address: str, port: int, *, embed: bool, log: logging.Logger) -> None:
        self._node = node
        self._host = epmd.environment_address()
        # An epmd of our own must be reachable from where the node itself is, and by ourselves.
        self._serve_at = [address] if address in ("0.0.0.0", "::", self._host) else [self._host, address]
        self._port = port
        self._embed = embed
        self._log = log
        self._server: epmd.EpmdServer | None = None
        self._registration: epmd.Registration | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Register."""
        for _ in range(20):
            # A node that was stopped a moment ago may still be listed: epmd learns of its end when it gets round to it.
            try:
                self._registration = await self._register()
                break
            except NameTaken:
                await asyncio.sleep(0.05)
        else:
            self._registration = await self._register()
        self._task = asyncio.get_running_loop().create_task(self._stay())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        if self._registration is not None:
            self._registration.close()
        if self._server is not None:
            await self._server.stop()

    async def _register(self) -> epmd.Registration:
        try:
            return await epmd.register(self._node, self._host, self._port)
        except EpmdUnreachable:
            if not self._embed:
                raise
        if self._server is not None:
            await self._server.stop()
        server = epmd.EpmdServer()
        try:
            await server.start(self._serve_at, self._port)
        except OSError:
            pass  # another process was faster, or something else listens there: registering will tell
        else:
            self._server = server
            self._log.info("No epmd ran on this host: an own one serves at %s:%d", self._serve_at[-1], self._port)
        return await epmd.register(self._node, self._host, self._port)

    async def _stay(self) -> None:
        backoff = Backoff()
        said = ""
        while True:
            assert self._registration is not None
            await self._registration.lost()
            self._registration.close()
            self._log.warning("epmd has gone: %s registers again", self._node.name)
            while True:
                await asyncio.sleep(backoff.next(random.random()))
                try:
                    self._registration = await self._register()
                except (EpmdUnreachable, NameTaken, ForeignPeer) as error:
                    if str(error) != said:
                        self._log.warning("%s", error)
                    said = str(error)
                except Exception:  # whatever it is, it is tried again
                    self._log.exception("Registering failed")
                else:
                    backoff.reset()
                    said = ""
                    self._log.info("%s is registered with epmd again", self._node.name)
                    break
