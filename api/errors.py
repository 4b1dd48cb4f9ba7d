"""The errors of the outer edge: what a person or a client did or asked that cannot be done.

Each has a stable `code`, the HTTP `status` of its problem document, and the `exit_code` of the command line. Errors of
the other packages keep their own codes; `api/http/problems.py` and `api/cli/main.py` translate those.
"""

from core.errors import HarmonyError

OK, FAILED, USAGE, DEGRADED = 0, 1, 2, 3


class ApiError(HarmonyError):
    code = "api"
    status = 500
    exit_code = FAILED


class BadArgument(ApiError):
    """A parameter of a request or command that cannot be understood."""

    code = "api.bad_argument"
    status = 400
    exit_code = USAGE


class NotFound(ApiError):
    code = "api.not_found"
    status = 404


class Forbidden(ApiError):
    """The token is good, but not for this."""

    code = "api.forbidden"
    status = 403


class Settled(ApiError):
    """What was to be decided has been decided already."""

    code = "api.settled"
    status = 409


class Unavailable(ApiError):
    """Something that the answer needs is away (the database, mostly); asking again later may work."""

    code = "api.unavailable"
    status = 503


_STATUS = {
    "query.bad-filter": 400,
    "cursor.bad": 400,
    "command.bad-argument": 422,
    "command.key-reused": 422,
    "log.away": 503,
    "log.not-ready": 503,
    "projection.not-there": 503,
    "registry.away": 503,
    "registry.refused": 409,
    "decision.changed": 409,
    "decision.not-possible": 422,
    "decision.not-there": 404,
}
_EXIT = {"query.bad-filter": USAGE, "command.bad-argument": USAGE, "cursor.bad": USAGE, "settings": USAGE}
"""What errors of the packages below are at the edge, where that is not the usual 500 or 1."""


def status_of(error: HarmonyError) -> int:
    """The HTTP status of any error of ours."""
    return error.status if isinstance(error, ApiError) else _STATUS.get(error.code, 500)


def exit_code_of(error: HarmonyError) -> int:
    """The exit code of the command line for any error of ours."""
    return error.exit_code if isinstance(error, ApiError) else _EXIT.get(error.code, FAILED)
