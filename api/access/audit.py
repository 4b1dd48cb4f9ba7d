"""What is recorded of access: every refusal, and every look of an operator at a company's data.

The answer never waits for it, and nobody can fill the log by asking: of one bearer, route and company the first time is
written at once, what follows is counted and written once a minute; there are so many of these a minute at most, and
the rest share one. The records are operators' (`harmony operations list --action "access.*"`); they are not published,
for they name companies to each other.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, Literal, cast
from uuid import UUID

import msgspec
import psycopg
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from api.principal import Principal
from core.errors import HarmonyError
from core.log.driver import connect
from core.operating import record_action
from projections.query import get_call

LOG = logging.getLogger("harmony.http")
EVERY = 60.0
"""seconds between two records of one thing"""
MOST = 100
"""things that are told apart at a time"""
WAITING = 200
"""answers that wait to be looked at for whose the thing was"""
AGAIN = 5.0
"""seconds until the next attempt when the database is away"""
NAMED = 5
"""addresses that a record names"""
OTHERS = "(others)"

SWITCHING = 101
"""the status with which a WebSocket is opened"""

Action = Literal["access.refused", "access.operator"]


class Thing(msgspec.Struct, frozen=True):
    """What is counted together."""

    action: Action
    by: str
    """the principal's name; empty: nobody's"""
    company: str | None
    """the principal's"""
    route: str
    status: int = 0
    tenant: str | None = None
    """whose data it was about; None: of all, of none, or not known"""


class Unsure(msgspec.Struct, frozen=True):
    """An answer about a thing of which it is still to be found out whose it is."""

    thing: Thing
    values: tuple[str, ...]
    """of the parts of the address"""
    address: str


class _Count:
    __slots__ = ("addresses", "times", "written")

    def __init__(self) -> None:
        self.times = 0
        self.addresses: dict[str, None] = {}
        self.written: float | None = None


class Audit:
    """Notes on the event loop; `keep` writes."""

    def __init__(self, dsn: str, every: float = EVERY) -> None:
        self._dsn = dsn
        self._every = every
        self._counts: dict[Thing, _Count] = {}
        self._unsure: list[Unsure] = []
        self._wake = asyncio.Event()

    def note(self, thing: Thing, address: str = "", times: int = 1) -> None:
        """Count something; the first time it is written soon."""
        if thing not in self._counts and len(self._counts) >= MOST:
            thing = Thing(thing.action, OTHERS, None, OTHERS)
        count = self._counts.setdefault(thing, _Count())
        count.times += times
        if address and len(count.addresses) < NAMED:
            count.addresses[address] = None
        if count.written is None:
            self._wake.set()

    def answered(self, scope: Scope, status: int) -> None:
        """Note an answer, where it was a refusal."""
        who = cast("Principal | None", scope.get("principal"))
        if who is not None and who.tenant is None and (200 <= status < 400 or status == SWITCHING):
            self._looked(scope, who)
        if status not in (401, 403, 404):
            return
        if status == 404 and (who is None or who.tenant is None):
            return  # nothing is kept from operators, and what is open to all belongs to nobody
        route, parts = _route(scope)
        client = scope.get("client")
        address = str(client[0]) if client else ""
        by, company = (who.name, who.tenant) if who is not None else ("", None)
        thing = Thing("access.refused", by, company, route, status)
        if status == 404 and route and parts:
            if len(self._unsure) < WAITING:
                self._unsure.append(Unsure(thing, tuple(str(value) for value in parts.values()), address))
                self._wake.set()
        elif status != 404 or route:
            self.note(thing, address)

    def _looked(self, scope: Scope, who: Principal) -> None:
        """Note that an operator was answered: whose data it was the answer said, or it is looked up by the address."""
        route, parts = _route(scope)
        client = scope.get("client")
        address = str(client[0]) if client else ""
        shown: frozenset[str | None] | None = scope.get("shown")
        if shown is not None:
            for tenant in shown:
                self.note(Thing("access.operator", who.name, None, route, tenant=tenant), address)
        elif parts and len(self._unsure) < WAITING:
            thing = Thing("access.operator", who.name, None, route)
            self._unsure.append(Unsure(thing, tuple(str(value) for value in parts.values()), address))
            self._wake.set()

    async def keep(self) -> None:
        """Write what is due, for ever. Cancel it to end; what is left is written then."""
        try:
            while True:
                try:
                    async with asyncio.timeout(1.0):
                        await self._wake.wait()
                except TimeoutError:
                    pass
                self._wake.clear()
                await self._write()
                await asyncio.sleep(0.1)
        finally:
            await self._write(everything=True)

    async def _write(self, everything: bool = False) -> None:
        unsure, self._unsure = self._unsure, []
        now = time.monotonic()
        due: list[tuple[Thing, int, list[str]]] = []
        for thing, count in list(self._counts.items()):
            rested = count.written is None or now - count.written >= self._every
            if count.times and (rested or everything):
                due.append((thing, count.times, list(count.addresses)))
                count.times, count.written, count.addresses = 0, now, {}
            elif rested and not count.times:
                del self._counts[thing]
        if not due and not unsure:
            return
        writing = asyncio.ensure_future(asyncio.to_thread(_store, self._dsn, due, unsure))
        try:
            await asyncio.shield(asyncio.wait([writing]))
        finally:  # also when we are told to end meanwhile: what could not be written is written then
            if not writing.done():
                await asyncio.wait([writing])
            self._settle(writing, due)

    def _settle(
        self, writing: asyncio.Future[list[tuple[Thing, str]]], due: list[tuple[Thing, int, list[str]]]
    ) -> None:
        problem = writing.exception()
        if problem is None:
            for thing, address in writing.result():
                self.note(thing, address)
        elif isinstance(problem, HarmonyError | psycopg.Error):
            LOG.warning("%d records of access cannot be written now: %s", len(due), problem)
            for thing, times, _ in due:
                count = self._counts.setdefault(thing, _Count())
                count.times, count.written = count.times + times, time.monotonic() - self._every + AGAIN
        else:
            raise problem


def _store(dsn: str, due: list[tuple[Thing, int, list[str]]], unsure: list[Unsure]) -> list[tuple[Thing, str]]:
    """Write; give back the refusals that turned out to be of another's things."""
    with connect(dsn, "harmony access") as connection:
        for thing, times, addresses in due:
            details: dict[str, Any] = {"times": times}
            details |= {"status": thing.status} if thing.status else {}
            details |= {"company": thing.company} if thing.company is not None else {}
            details |= {"addresses": addresses} if addresses else {}
            details |= {"companies": "all"} if thing.action == "access.operator" and thing.tenant is None else {}
            record_action(connection, thing.action, thing.by, thing.route, details=details, tenant=thing.tenant)
        found = []
        for refusal in unsure:
            owner, there = _owner(connection, refusal.values)
            if there and owner != refusal.thing.company:  # an operator has none, and what is nobody's is not noted
                found.append((msgspec.structs.replace(refusal.thing, tenant=owner), refusal.address))
        return found


def _owner(connection: psycopg.Connection[Any], values: tuple[str, ...]) -> tuple[str | None, bool]:
    """Whose the thing is that an address names, and whether there is one."""
    for value in values:
        if "\0" in value:
            continue
        if (call := get_call(connection, value)) is not None:
            return call.tenant, True
        try:
            known = UUID(value)
        except ValueError:
            continue
        row = connection.execute(
            "SELECT tenant FROM log.command WHERE command_id = %(id)s"
            " UNION ALL SELECT tenant FROM hooks.endpoint WHERE endpoint_id = %(id)s LIMIT 1",
            {"id": known},
        ).fetchone()
        if row is not None:
            return cast("str | None", row[0]), True
    return None, False


def _route(scope: Scope) -> tuple[str, Mapping[str, Any]]:
    """The route of a request as it is written, of which there are few, and the parts of its address."""
    route: BaseRoute | None = scope.get("route")
    if route is not None:
        return str(getattr(route, "path", "")), scope.get("path_params", {})
    routes: list[BaseRoute] = scope["app"].routes if "app" in scope else []
    for one in routes:  # refused before anybody was asked
        match, found = one.matches(scope)
        if match is not Match.NONE:
            return str(getattr(one, "path", "")), found.get("path_params", {})
    return "", {}
