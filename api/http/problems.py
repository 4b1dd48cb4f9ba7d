"""Errors as problem documents (RFC 9457): one shape for everything that is refused, whoever refused it.

What is wrong with the installation itself (a file, the database, a setting) is told in full to its operators and to the
log; strangers and companies learn that it is, not the inside that such a sentence names.
"""

import logging
from typing import Any

import msgspec
import psycopg
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Match

from api.access.principal import Principal
from api.errors import ApiError, status_of
from core.errors import HarmonyError
from core.registry.errors import RegistryError

LOG = logging.getLogger("harmony.http.inside")
INSIDE = {
    500: "This cannot be done until something is mended: the operators of this Harmony find in its log what.",
    409: "The registry does not take this change: the operators of this Harmony find in its log why.",
    503: "Something that this needs is away: try again in a moment. The operators of this Harmony see what it is.",
}
"""what is said of the inside to who is no operator, by status"""
TITLED = {"login.refused": "Wrong user or password"}
"""titles of kinds of problem that have one of their own"""

TITLES = {
    400: "Bad request",
    401: "Not let in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    408: "Too slow",
    410: "Gone",
    412: "Changed meanwhile",
    413: "Too large",
    414: "Too long",
    422: "Not possible",
    416: "No such range",
    426: "Upgrade required",
    429: "Too many requests",
    431: "Too long",
    500: "Internal error",
    503: "Not available now",
}


class Problem(Response):
    media_type = "application/problem+json"

    def __init__(
        self, status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: object
    ) -> None:
        self.code, self.detail = code, detail
        content = {
            "type": f"urn:harmony:problem:{code}",
            "title": TITLED.get(code) or TITLES.get(status, "Refused"),
            "status": status,
            "detail": detail,
            "code": code,
            **more,
        }
        super().__init__(msgspec.json.encode(content), status_code=status, headers=headers)


def refuse(request: Request, problem: Exception) -> Response:
    """The problem document of any exception. What was not foreseen tells the client nothing about our inside."""
    if isinstance(problem, HTTPException):
        if problem.status_code == 404 and _is_of_sockets(request):
            says = f"{request.url.path} is for WebSockets: open it with one, or read the same events at /v1/stream."
            return Problem(426, "http.426", says, {"Upgrade": "websocket"})
        headers = dict(problem.headers or {})
        if "Allow" in headers:  # Starlette knows the methods of a path as a set
            headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        sentence = _sentence(problem, request, headers.get("Allow", "others"))
        return Problem(problem.status_code, f"http.{problem.status_code}", sentence, headers)
    if isinstance(problem, HarmonyError):
        return refusal(problem, request.scope.get("principal"), request.url.path)
    if isinstance(problem, psycopg.Error):
        detail = "The database does not answer now: try again in a moment, or look at /readyz."
        return Problem(503, "api.unavailable", detail, {"Retry-After": "2"})
    if isinstance(problem, ClientDisconnect):  # in the middle of its body; nobody hears it
        return Problem(400, "http.400", "The connection ended before the request did.")
    return Problem(500, "api.internal", "Harmony met an error it did not foresee: its log says more.")


def refusal(problem: HarmonyError, who: Principal | None = None, path: str = "") -> Problem:
    """The problem document of an error of ours for somebody, with what it has to say besides (`more`)."""
    status = status_of(problem)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {"Retry-After": "2"} if status == 503 else None
    if status == 429:
        headers = {"Retry-After": str(getattr(problem, "wait", 5))}
    detail = str(problem)
    if not isinstance(problem, ApiError) and (status >= 500 or isinstance(problem, RegistryError)):
        LOG.warning("%s cannot be answered: %s", path or "A request", detail)
        if who is None or who.tenant is not None:
            detail = INSIDE.get(status, INSIDE[500])
    return Problem(status, problem.code, detail, headers, **getattr(problem, "more", {}))


def _is_of_sockets(request: Request) -> bool:
    as_socket = {**request.scope, "type": "websocket"}
    return any(one.matches(as_socket)[0] is not Match.NONE for one in request.app.routes)


def _sentence(problem: HTTPException, request: Request, possible: str) -> str:
    if problem.status_code == 404:
        return f"There is nothing at {request.url.path}: /openapi.json lists what there is."
    if problem.status_code == 405:
        return f"{request.method} is not possible at {request.url.path}, only {possible}."
    return str(problem.detail)


def handlers() -> dict[Any, Any]:
    """For each kind of its own: what only the handler of `Exception` meets is raised again and ends the connection."""
    return dict.fromkeys((HTTPException, HarmonyError, psycopg.Error, ClientDisconnect, Exception), refuse)
