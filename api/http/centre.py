"""/v1/centre: the call centre now, and its measures over a stretch of time."""

from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import principal_of
from api.errors import BadArgument
from api.http.answers import encoded
from api.http.services import Connection, services_of
from api.words.when import instant
from projections.centre.measures import SHORT, TARGET, Measures, measures
from projections.query import centre, zone

LONGEST_TARGET = 86_400.0
"""seconds"""


class ServiceLevel(msgspec.Struct, frozen=True):
    """The share of stays within the target, 0 to 1, by variant; null: nothing was offered."""

    negative: float | None
    """answered in target / offered: the usual one"""
    ignore: float | None
    """answered in target / (offered without those abandoned in target)"""
    positive: float | None
    """(answered + abandoned in target) / offered"""


class QueueMeasures(msgspec.Struct, frozen=True):
    """A queue over a stretch of time."""

    queue: str
    tenant: str | None
    offered: int
    """all stays but those abandoned before the short limit"""
    answered: int
    """by an agent of the queue"""
    taken: int
    """fetched out of the queue by somebody"""
    overflowed: int
    """went on to something else unanswered"""
    abandoned: int
    """nobody answered and they went nowhere else; short ones left out"""
    abandoned_short: int
    answered_in_target: int
    abandoned_in_target: int
    average_speed_of_answer: float | None
    """seconds"""
    longest_wait: float | None
    """seconds"""
    median_wait: float | None
    """seconds"""
    service_level: ServiceLevel


def _told(of: Measures) -> QueueMeasures:
    return QueueMeasures(**msgspec.structs.asdict(of), service_level=ServiceLevel(**of.service_level))


async def queues(request: Request) -> Response:
    who, given = principal_of(request), dict(request.query_params)
    where = zone(given["time_zone"]) if given.get("time_zone") else UTC
    now = datetime.now(UTC)
    begin = now.astimezone(where).replace(hour=0, minute=0, second=0, microsecond=0)
    since = instant(given["since"], where, now, "since") if given.get("since") else begin
    until = instant(given["until"], where, now, "until") if given.get("until") else now
    target = _seconds(given, "target", TARGET)
    short = _seconds(given, "short", SHORT)
    tenant = who.limited(given.get("tenant"))

    def answer(connection: Connection) -> dict[str, Any]:
        services_of(request).known(connection, who, tenant)
        found = measures(connection, since.isoformat(), until.isoformat(), tenant, who.reach, target, short)
        return {
            "since": since,
            "until": until,
            "target_seconds": target,
            "short_seconds": short,
            "queues": [_told(one) for one in found],
            "waiting": centre.waiting(connection, tenant, who.reach),
        }

    return encoded(await services_of(request).with_connection(answer), tenants=[tenant])


async def agents(request: Request) -> Response:
    who = principal_of(request)
    tenant = who.limited(request.query_params.get("tenant"))

    def answer(connection: Connection) -> dict[str, Any]:
        services_of(request).known(connection, who, tenant)
        return {"agents": centre.agents(connection, tenant, who.reach)}

    return encoded(await services_of(request).with_connection(answer), tenants=[tenant])


def _seconds(given: dict[str, str], name: str, usual: float) -> float:
    if (text := given.get(name)) is None:
        return usual
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= LONGEST_TARGET:
        raise BadArgument(f"{name}: {text[:40]!r} is no number of seconds from 0 to {LONGEST_TARGET:,.0f}.")
    return found
