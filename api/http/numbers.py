"""Numbers and names in a query: within their bounds, or refused in a sentence."""

from starlette.requests import Request

from api.errors import BadArgument


def number(request: Request, name: str, default: int, least: int, most: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not given.isascii() or not given.isdigit() or len(given) > 18 or not least <= int(given) <= most:
        raise BadArgument(f"{name} is a number from {least} to {most}, not {given[:40]!r}.")
    return int(given)


def name(request: Request, which: str) -> str | None:
    """A text that can be a name."""
    given = request.query_params.get(which)
    if given is not None and "\0" in given:
        raise BadArgument(f"{which} has a character that no name has.")
    return given
