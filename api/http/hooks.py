"""/v1/webhooks: made, read, changed, removed; their deliveries; a new secret, a test event, sending again.

Everything is limited to what the bearer of the token may see: what is another company's is not there (404).
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID

import msgspec
import psycopg
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.access.audit import saw
from api.errors import BadArgument
from api.hooks import deliveries, endpoints, secrets
from api.hooks.deliveries import OUTCOMES, Resend
from api.hooks.delivering import policy
from api.hooks.endpoint import NewWebhook, Webhook, WebhookChange
from api.hooks.errors import NoSuchWebhook
from api.http.bodies import decoded
from api.principal import principal
from api.site import Site
from api.when import instant

T = TypeVar("T")
PATIENCE = 2.0
"""Seconds that a request waits for a connection."""
LONGEST_BODY = 65_536
MOST, USUAL = deliveries.MOST, 100
LISTED = ("state", "since", "until", "limit", "before")
"""the parameters of a list of deliveries"""
Connection = psycopg.Connection[Any]


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
    who = principal(request, "subscribe")
    asked = await _body(request, NewWebhook)
    here: Site = request.app.state.site

    def make(connection: Connection) -> WebhookWithSecret:
        found = secrets.opened(here.data, connection)
        return WebhookWithSecret(*endpoints.create(connection, who, asked, policy(here.settings), found))

    made = await _within(request, make)
    return _json(made, 201, {"Location": f"/v1/webhooks/{made.webhook.id}"})


async def listing(request: Request) -> Response:
    who = principal(request, "subscribe")
    found = await _within(request, lambda connection: endpoints.listed(connection, who))
    for tenant in {webhook.tenant for webhook in found}:
        saw(request, tenant)
    return _json({"webhooks": found})


async def one(request: Request) -> Response:
    who, webhook = principal(request, "subscribe"), _webhook(request)
    found = await _within(request, lambda connection: endpoints.get(connection, who, webhook))
    saw(request, found.tenant)
    return _json(found)


async def change(request: Request) -> Response:
    who, webhook = principal(request, "subscribe"), _webhook(request)
    asked = await _body(request, WebhookChange)
    allowed = policy(request.app.state.site.settings)
    return _json(await _within(request, lambda connection: endpoints.change(connection, who, webhook, asked, allowed)))


async def delete(request: Request) -> Response:
    who, webhook = principal(request, "subscribe"), _webhook(request)
    await _within(request, lambda connection: endpoints.delete(connection, who, webhook))
    return Response(status_code=204)


async def rotate(request: Request) -> Response:
    who, webhook = principal(request, "subscribe"), _webhook(request)
    asked = await _body(request, Rotation, Rotation())
    here: Site = request.app.state.site
    hours = here.settings.webhook_overlap if asked.overlap_hours is None else asked.overlap_hours

    def turn(connection: Connection) -> WebhookWithSecret:
        found = secrets.opened(here.data, connection)
        return WebhookWithSecret(*endpoints.rotate(connection, who, webhook, found, timedelta(hours=hours)))

    return _json(await _within(request, turn))


async def test(request: Request) -> Response:
    who, webhook = principal(request, "subscribe"), _webhook(request)
    return _json(
        {"delivery": await _within(request, lambda connection: deliveries.test(connection, who, webhook))}, 202
    )


async def resend(request: Request) -> Response:
    who, webhook = principal(request, "subscribe"), _webhook(request)
    asked = await _body(request, Resend)
    count = await _within(request, lambda connection: deliveries.resend(connection, who, webhook, asked))
    return _json({"events": count}, 202)


async def listed(request: Request) -> Response:
    who, webhook = principal(request, "subscribe"), _webhook(request)
    given = request.query_params
    if unknown := sorted(set(given) - set(LISTED)):
        raise BadArgument(f"There is no parameter {unknown[0]!r}; there are {', '.join(LISTED)}.")
    state = given.get("state")
    if state is not None and state not in OUTCOMES:
        raise BadArgument(f"state: there is no {state!r}, only {', '.join(OUTCOMES)}.")
    since, until = _time(request, "since"), _time(request, "until")
    limit, before = _number(request, "limit", MOST) or USUAL, _number(request, "before", 1 << 62)
    found = await _within(
        request,
        lambda connection: deliveries.listed(connection, who, webhook, state, since, until, limit, before),
    )
    return _json({"deliveries": found, "next": found[-1].id if len(found) == limit else None})


async def told(request: Request) -> Response:
    who, webhook = principal(request, "subscribe"), _webhook(request)
    text = request.path_params["delivery_id"]
    if not (text.isascii() and text.isdecimal() and len(text) < 19):
        raise NoSuchWebhook(f"There is no delivery {text[:40]!r}: an id is a number such as 17.")
    return _json(await _within(request, lambda connection: deliveries.told(connection, who, webhook, int(text))))


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


async def _body(request: Request, kind: type[T], usual: T | None = None) -> T:
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > LONGEST_BODY:
            raise BadArgument(f"The body is longer than {LONGEST_BODY} bytes.")
    if not content and usual is not None:
        return usual
    try:
        return decoded(content, kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise BadArgument(f"The body is not what this takes: {problem}.") from None


async def _within(request: Request, work: Callable[[Connection], T]) -> T:
    def run() -> T:
        with request.app.state.pool.connection(PATIENCE) as connection:
            return work(connection)

    return await run_in_threadpool(run)


def _json(value: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(msgspec.json.encode(value), status, headers, "application/json")


_ONE = "/v1/webhooks/{webhook_id}"
ROUTES = [
    Route("/v1/webhooks", listing, name="webhooks"),
    Route("/v1/webhooks", create, methods=["POST"], name="webhook-create"),
    Route(_ONE, one, name="webhook"),
    Route(_ONE, change, methods=["PATCH"], name="webhook-change"),
    Route(_ONE, delete, methods=["DELETE"], name="webhook-delete"),
    Route(_ONE + "/rotate", rotate, methods=["POST"], name="webhook-rotate"),
    Route(_ONE + "/test", test, methods=["POST"], name="webhook-test"),
    Route(_ONE + "/resend", resend, methods=["POST"], name="webhook-resend"),
    Route(_ONE + "/deliveries", listed, name="webhook-deliveries"),
    Route(_ONE + "/deliveries/{delivery_id}", told, name="webhook-delivery"),
]
