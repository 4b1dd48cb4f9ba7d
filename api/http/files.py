"""The page's static files, read once at the start: a fixed list, so that no path from outside reaches the disk."""

from importlib import resources

from starlette.requests import Request
from starlette.responses import Response

from api.http.endpoint import Handler

FILES = {
    "/board": ("index.html", "text/html; charset=utf-8"),
    "/page/page.css": ("page.css", "text/css; charset=utf-8"),
    "/page/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/page/icon.svg": ("icon.svg", "image/svg+xml"),
}


def served(name: str, kind: str) -> Handler:
    """The handler of one of the files."""
    content = resources.files("api.page").joinpath(name).read_bytes()

    async def file(request: Request) -> Response:
        # Asked for again each time: a page older than its server would misread what it is sent.
        return Response(content, media_type=kind, headers={"Cache-Control": "no-cache"})

    return file
