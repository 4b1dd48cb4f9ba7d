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


class Unauthorised(ApiError):
    code = "api.unauthorised"
    status = 401


class Unavailable(ApiError):
    """Something that the answer needs is away (the database, mostly); asking again later may work."""

    code = "api.unavailable"
    status = 503


class ImportRefused(ApiError):
    """A file that is no capture, or a capture that ends in the middle of a record."""

    code = "api.import_refused"
