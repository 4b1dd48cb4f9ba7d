"""/v1/webhooks: made, read, changed, removed; their deliveries; a new secret, a test event, sending again.

Everything is limited to what the bearer of the token may see: what is another company's is not there (404).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, TypeVar
from uuid import UUID

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import principal_of
from api.errors import BadArgument
from api.hooks import deliveries, endpoints, secrets
from api.hooks.deliveries import OUTCOMES, Resend
from api.hooks.endpoint import NewWebhook, Webhook, WebhookChange
from api.hooks.errors import NoSuchWebhook
from api.http.answers import encoded
from api.http.bodies import body_of
from api.http.services import Connection, services_of
from api.processes.delivery import policy
from api.words.when import instant

T = TypeVar("T")
MOST, USUAL = deliveries.MOST, 100


class Rotation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How the secret is changed."""

    overlap_hours: Annotated[int, msgspec.Meta(ge=0, le=8760)] | None = None
    """hours for which former secrets sign as well; 0: they end at once; null: as the installation is set"""


class WebhookWithSecret(msgspec.Struct, frozen=True):
    """A webhook with its secret, which is told this once."""

    webhook: Webhook
    secret: str
    """whsec_ and base64, as libraries of Standard Webhooks take it"""


async def create(request: Request) -> Response:
    who = principal_of(request)
    asked = await body_of(request, NewWebhook)
    services = services_of(request)
    here = services.site

    def make(connection: Connection) -> WebhookWithSecret:
        services.known(connection, who, asked.tenant)
        found = secrets.opened(here.data, connection)
        return WebhookWithSecret(*endpoints.create(connection, who, asked, policy(here.settings), found))

    made = await _within(request, make)
    return encoded(made, 201, {"Location": f"/v1/webhooks/{made.webhook.id}"})


async def listing(request: Request) -> Response:
    who = principal_of(request)
    found = await _within(request, lambda connection: endpoints.listed(connection, who))
    return encoded({"webhooks": found}, tenants={webhook.tenant for webhook in found})


async def one(request: Request) -> Response:
    who, webhook = principal_of(request), _webhook(request)
    found = await _within(request, lambda connection: endpoints.get(connection, who, webhook))
    return encoded(found, tenants=[found.tenant])


async def change(request: Request) -> Response:
    who, webhook = principal_of(request), _webhook(request)
    asked = await body_of(request, WebhookChange)
    allowed = policy(services_of(request).site.settings)
    return encoded(
        await _within(request, lambda connection: endpoints.change(connection, who, webhook, asked, allowed))
    )


async def delete(request: Request) -> Response:
    who, webhook = principal_of(request), _webhook(request)
    await _within(request, lambda connection: endpoints.delete(connection, who, webhook))
    return Response(status_code=204)


async def rotate(request: Request) -> Response:
    who, webhook = principal_of(request), _webhook(request)
    asked = await body_of(request, Rotation)
    here = services_of(request).site
    hours = here.settings.webhook_overlap if asked.overlap_hours is None else asked.overlap_hours

    def turn(connection: Connection) -> WebhookWithSecret:
        found = secrets.opened(here.data, connection)
        return WebhookWithSecret(*endpoints.rotate(connection, who, webhook, found, timedelta(hours=hours)))

    return encoded(await _within(request, turn))


async def test(request: Request) -> Response:
    who, webhook = principal_of(request), _webhook(request)
    return encoded(
        {"delivery": await _within(request, lambda connection: deliveries.test(connection, who, webhook))},
        202,
    )


async def resend(request: Request) -> Response:
    who, webhook = principal_of(request), _webhook(request)
    asked = await body_of(request, Resend)
    count = await _within(request, lambda connection: deliveries.resend(connection, who, webhook, asked))
    return encoded({"events": count}, 202)


async def listed(request: Request) -> Response:
    who, webhook = principal_of(request), _webhook(request)
    state = request.query_params.get("state")
    if state is not None and state not in OUTCOMES:
        raise BadArgument(f"state: there is no {state!r}, only {', '.join(OUTCOMES)}.")
    since, until = _time(request, "since"), _time(request, "until")
    limit, before = _number(request, "limit", MOST) or USUAL, _number(request, "before", 1 << 62)
    found = await _within(
        request,
        lambda connection: deliveries.listed(connection, who, webhook, state, since, until, limit, before),
    )
    return encoded({"deliveries": found, "next": found[-1].id if len(found) == limit else None})


async def told(request: Request) -> Response:
    who, webhook = principal_of(request), _webhook(request)
    text = request.path_params["delivery_id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NoSuchWebhook(f"There is no delivery {text[:40]!r}: an id is a number such as 17.")
    return encoded(await _within(request, lambda connection: deliveries.told(connection, who, webhook, int(text))))


def _webhook(request: Request) -> UUID:
    text = request.path_params["webhook_id"]
    try:
        return UUID(text)
    except ValueError:
        raise NoSuchWebhook(f"There is no webhook {text[:40]!r}: an id is a UUID.") from None


def _time(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name)
    return None if text is None else instant(text, UTC, datetime.now(UTC), name)


def _number(request: Request, name: str, most: int) -> int | None:
    text = request.query_params.get(name)
    if text is not None and not (text.isascii() and text.isdecimal() and len(text) < 20 and 1 <= int(text) <= most):
        raise BadArgument(f"{name}: {text[:40]!r} is no number from 1 to {most}.")
    return None if text is None else int(text)


async def _within(request: Request, work: Callable[[Connection], T]) -> T:
    return await services_of(request).with_connection(work)
