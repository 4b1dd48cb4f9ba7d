"""People out of the database alone: now, for whoever has no roster in memory, and as they were at another time.

Who there was, with what names and in what groups, is the present registry's: of what users set themselves the log knows
when it changed, of the rest it does not.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from datetime import UTC
from typing import Any

import msgspec
from psycopg import Connection

from api.people.roster import Look, Roster
from api.words.board import board
from core.registry.snapshot import Registry
from projections.people.doing import doings, doings_of
from projections.people.person import Settings, settings_of
from projections.people.phones import phones_then
from projections.published.notice import stream
from projections.query import snapshot

_ACTIONS = ("user.do-not-disturb", "user.forward")
_ACTS = """
    SELECT subject, caused_position, state FROM log.call_event
    WHERE originator_id = ANY(%s::uuid[]) AND topic = 'operator.acted' ORDER BY position
"""


class People(msgspec.Struct, frozen=True):
    """Some people, and when."""

    position: int
    """of the switch log"""
    instant: int | None
    """µs since the epoch, of another time than now"""
    documents: list[bytes]


class _Details(msgspec.Struct):
    kind: str | None = None
    target: str | None = None
    on: bool | None = None


class _Data(msgspec.Struct):
    action: str
    details: _Details


class _Act(msgspec.Struct):
    data: _Data


_act = msgspec.json.Decoder(_Act).decode


def people_now(connection: Connection[Any], registry: Registry, look: Look) -> People:
    """As they are."""
    roster, found = Roster(lambda: time.time_ns() // 1000), snapshot(connection)
    roster.registry(registry)
    roster.calls([(call.call_id, doings(call.document)) for call in found.calls], reset=True)
    roster.phones(found.phones, reset=True)
    return People(found.mark.position, None, roster.documents(look))


def people_then(connection: Connection[Any], text: str, registry: Registry, look: Look, time_zone: Any = UTC) -> People:
    """As they were at a time, a position or a cursor; raises `BadArgument`."""
    then = board(connection, text, look.tenant, time_zone=time_zone)
    instant = then.instant or time.time_ns() // 1000
    roster = Roster(lambda: instant)
    roster.settings(_settings(connection, registry, look.tenant, then.position))
    roster.registry(registry)
    roster.calls(doings_of(then.calls).items(), reset=True)
    roster.phones(phones_then(connection, then.position, look.tenant), reset=True)
    return People(then.position, then.instant, roster.documents(look))


def _settings(
    connection: Connection[Any], registry: Registry, tenant: str | None, position: int
) -> dict[str, Settings]:
    """What users had set, of those who have changed it since records are kept."""
    companies = [c for domain in registry.companies if (c := registry.company(domain)) and tenant in (None, domain)]
    users = {f"{entry.user}@{company.domain}": entry for company in companies for entry in company.users.values()}
    acts: dict[str, list[tuple[int, _Data]]] = {}
    streams = [str(stream("operator.acted", user)) for user in users]
    for subject, at, state in connection.execute(_ACTS, [streams]).fetchall():
        if (data := _act(state).data).action in _ACTIONS:
            acts.setdefault(subject, []).append((at, data))
    return {user: _then(settings_of(users[user]), found, position) for user, found in acts.items() if user in users}


def _then(now: Settings, acts: Iterable[tuple[int, _Data]], position: int) -> Settings:
    """What was set by the last change up to a position; what was changed after it alone is not known."""
    of = [(at, one) for at, one in acts if one.action != "user.forward" or one.details.kind == "always"]
    disturb = [(at, one.details.on) for at, one in of if one.action == "user.do-not-disturb"]
    forward = [(at, one.details.target) for at, one in of if one.action == "user.forward"]
    before = [value for at, value in disturb if at <= position]
    to = [value for at, value in forward if at <= position]
    return Settings(
        do_not_disturb=before[-1] if before else None if disturb else now.do_not_disturb,
        forward_always=to[-1] if to else None if forward else now.forward_always,
        known=bool((before or not disturb) and (to or not forward)),
    )
