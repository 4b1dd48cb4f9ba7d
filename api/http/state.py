"""/livez, /readyz, /metrics: for those who watch Harmony."""

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from api.http import metrics as prometheus
from api.http.problems import Problem
from api.http.pulse import Pulse


async def livez(request: Request) -> Response:
    """The process answers; nothing else is asked."""
    return Response(b'{"status":"ok"}', media_type="application/json")


async def readyz(request: Request) -> Response:
    """200 while calls can be read, also with gaps; else 503. Names only for those with the token."""
    pulse: Pulse = request.app.state.pulse
    health = await pulse.look()
    if request.scope.get("principal"):
        body = pulse.document
    else:
        body = {"status": pulse.document["status"], "degraded": pulse.document["degraded"]}
    return Response(
        msgspec.json.encode(body), status_code=200 if health is not None else 503, media_type="application/json"
    )


async def metrics(request: Request) -> Response:
    pulse: Pulse = request.app.state.pulse
    health = await pulse.look()
    if health is None:
        return Problem(503, "api.unavailable", "The database is away: there are no figures now.", {"Retry-After": "2"})
    text = prometheus.render(health, request.app.state.feed.subscribers)
    return Response(text, media_type=prometheus.CONTENT_TYPE)
