"""What is recorded of access: every refusal, and every look of an operator at a company's data.

The answer never waits for it, and nobody can fill the log by asking: `tally` says what is counted together and when it
is written. The records are operators' (`harmony operations list --action "access.*"`); they are not published, for they
name companies to each other.
"""

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID

import msgspec
import psycopg
from starlette.routing import BaseRoute, Match
from starlette.types import Scope

from api.access.principal import Principal
from api.access.tally import EVERY, Due, Tally, Thing, family, network
from core.errors import HarmonyError
from core.following.tasks import follow
from core.log.driver import connect
from core.operating import record_action
from projections.query import get_call

LOG = logging.getLogger("harmony.http")
WAITING = 200
"""answers that wait to be looked at for whose the thing was"""

SWITCHING = 101
"""the status with which a WebSocket is opened"""


class Unsure(msgspec.Struct, frozen=True):
    """An answer about a thing of which it is still to be found out whose it is."""

    thing: Thing
    values: tuple[str, ...]
    """of the parts of the address"""
    address: str


class Audit:
    """Notes on the event loop; `keep` writes."""

    def __init__(self, dsn: str, every: float = EVERY) -> None:
        self._dsn = dsn
        self.tally = Tally(every)
        self._unsure: list[Unsure] = []
        self._wake = asyncio.Event()

    def note(self, thing: Thing, address: str = "", times: int = 1) -> None:
        """Count something; the first time it is written soon."""
        if self.tally.note(thing, address, times, time.monotonic()):
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
        address = _address(scope)
        if who is None:
            self.note(Thing("access.refused", "", None, family(route), status, network=network(address)), address)
            return
        thing = Thing("access.refused", who.name, who.tenant, route, status)
        if status == 404 and route and parts:
            if len(self._unsure) < WAITING:
                self._unsure.append(Unsure(thing, tuple(str(value) for value in parts.values()), address))
                self._wake.set()
        elif status != 404 or route:
            self.note(thing, address)

    def _looked(self, scope: Scope, who: Principal) -> None:
        """Note that an operator was answered: whose data it was the answer said, or it is looked up by the address."""
        route, parts = _route(scope)
        address = _address(scope)
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
            await follow("audit", self._step, 1.0, wake=self._wake)
        finally:
            await self._write(everything=True)

    async def _step(self) -> None:
        await self._write()
        await asyncio.sleep(0.1)

    async def _write(self, everything: bool = False) -> None:
        unsure, self._unsure = self._unsure, []
        due = self.tally.take(time.monotonic(), everything)
        if not due and not unsure:
            return
        writing = asyncio.ensure_future(asyncio.to_thread(_store, self._dsn, due, unsure))
        try:
            await asyncio.shield(asyncio.wait([writing]))
        finally:  # also when we are told to end meanwhile: what could not be written is written then
            if not writing.done():
                await asyncio.wait([writing])
            self._settle(writing, due)

    def _settle(self, writing: asyncio.Future[list[tuple[Thing, str]]], due: list[Due]) -> None:
        problem = writing.exception()
        if problem is None:
            for thing, address in writing.result():
                self.note(thing, address)
        else:
            self.tally.failed(due, time.monotonic())
            if not isinstance(problem, HarmonyError | psycopg.Error):
                raise problem
            LOG.warning("%d records of access cannot be written now: %s", len(due), problem)


def _store(dsn: str, due: list[Due], unsure: list[Unsure]) -> list[tuple[Thing, str]]:
    """Write; give back the refusals that turned out to be of another's things."""
    with connect(dsn, "harmony access") as connection:
        for row in due:
            thing = row.thing
            details: dict[str, Any] = {"times": row.times}
            details |= {"status": thing.status} if thing.status else {}
            details |= {"company": thing.company} if thing.company is not None else {}
            details |= {"network": thing.network} if thing.network else {}
            details |= {"addresses": row.addresses} if row.addresses else {}
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


def _address(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0])[:64] if client else ""


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
