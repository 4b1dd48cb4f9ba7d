"""Errors as problem documents (RFC 9457): one shape for everything that is refused, whoever refused it."""

from typing import Any

import msgspec
import psycopg
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.errors import status_of
from core.errors import HarmonyError

TITLES = {
    400: "Bad request",
    401: "A token is needed",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    408: "Too slow",
    410: "Gone",
    413: "Too large",
    414: "Too long",
    422: "Not possible",
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
            "title": TITLES.get(status, "Refused"),
            "status": status,
            "detail": detail,
            "code": code,
            **more,
        }
        super().__init__(msgspec.json.encode(content), status_code=status, headers=headers)


def refuse(request: Request, problem: Exception) -> Response:
    """The problem document of any exception. What was not foreseen tells the client nothing about our inside."""
    if isinstance(problem, HTTPException):
        headers = dict(problem.headers or {})
        if "Allow" in headers:  # Starlette knows the methods of a path as a set
            headers["Allow"] = ", ".join(sorted(headers["Allow"].split(", ")))
        sentence = _sentence(problem, request, headers.get("Allow", "others"))
        return Problem(problem.status_code, f"http.{problem.status_code}", sentence, headers)
    if isinstance(problem, HarmonyError):
        return refusal(problem)
    if isinstance(problem, psycopg.Error):
        detail = "The database does not answer now: try again in a moment, or look at /readyz."
        return Problem(503, "api.unavailable", detail, {"Retry-After": "2"})
    if isinstance(problem, ClientDisconnect):  # in the middle of its body; nobody hears it
        return Problem(400, "http.400", "The connection ended before the request did.")
    return Problem(500, "api.internal", "Harmony met an error it did not foresee: its log says more.")


def refusal(problem: HarmonyError) -> Problem:
    """The problem document of an error of ours, with what the error has to say besides (`more`)."""
    status = status_of(problem)
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {"Retry-After": "2"} if status == 503 else None
    if status == 429:
        headers = {"Retry-After": str(getattr(problem, "wait", 5))}
    return Problem(status, problem.code, str(problem), headers, **getattr(problem, "more", {}))


def _sentence(problem: HTTPException, request: Request, possible: str) -> str:
    if problem.status_code == 404:
        return f"There is nothing at {request.url.path}: /openapi.json lists what there is."
    if problem.status_code == 405:
        return f"{request.method} is not possible at {request.url.path}, only {possible}."
    return str(problem.detail)


def handlers() -> dict[Any, Any]:
    """For each kind of its own: what only the handler of `Exception` meets is raised again and ends the connection."""
    return dict.fromkeys((HTTPException, HarmonyError, psycopg.Error, ClientDisconnect, Exception), refuse)
