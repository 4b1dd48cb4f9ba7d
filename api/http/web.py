"""The web client's files, as they were built: read once at the start, so that no path from outside reaches the disk.

One page stands behind all addresses of pages; what it loads has its content's hash in its name and is kept for good.
Each text was compressed at the build.
"""

import hashlib
import mimetypes
from importlib import resources
from importlib.resources.abc import Traversable

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from api.errors import NotFound
from api.http.endpoint import Handler

PAGES = ("/", "/calls", "/calls/{call_id:any}", "/live", "/phone", "/people", "/wallboard", "/me", "/sign-in")
"""addresses of pages; what one shows the page itself finds out"""
ASSETS = "/assets/{name}"
MOVED = {"/board": "/live"}
"""addresses that pages had, in bookmarks still, and where they went"""
FOR_GOOD = "public, max-age=31536000, immutable"
NOT_BUILT = b"""<!doctype html><html lang="en"><meta charset="utf-8"><title>Harmony</title>
<p>The web client is not built here: run <code>scripts/setup</code> in Harmony's checkout, then start again.</p></html>
"""


class File(msgspec.Struct, frozen=True):
    """One file, plain and as it was compressed."""

    kind: str
    plain: bytes
    packed: dict[str, bytes]
    """by content coding, the best first"""

    def answer(self, request: Request, headers: dict[str, str]) -> Response:
        offered = request.headers.get("accept-encoding", "").lower()
        taken = {part.partition(";")[0].strip() for part in offered.split(",") if "q=0" not in part.replace(" ", "")}
        for coding, content in self.packed.items():
            if coding in taken:
                more = {"Content-Encoding": coding, "Vary": "Accept-Encoding"}
                return Response(content, headers=headers | more, media_type=self.kind)
        vary = {"Vary": "Accept-Encoding"} if self.packed else {}
        return Response(self.plain, headers=headers | vary, media_type=self.kind)


def _files(folder: Traversable) -> dict[str, File]:
    if not folder.is_dir():
        return {}
    content = {one.name: one.read_bytes() for one in folder.iterdir() if one.is_file()}
    codings = {"br": ".br", "gzip": ".gz"}
    found = {}
    for name, plain in content.items():
        if name.endswith(tuple(codings.values())):
            continue
        packed = {coding: content[name + end] for coding, end in codings.items() if name + end in content}
        kind = "font/woff2" if name.endswith(".woff2") else mimetypes.guess_type(name)[0] or "application/octet-stream"
        text = kind.startswith("text/") or kind.endswith("javascript")
        found[name] = File(f"{kind}; charset=utf-8" if text else kind, plain, packed)
    return found


def page() -> Handler:
    """The handler of all addresses of pages."""
    built = resources.files("api.web").joinpath("built")
    shell = _files(built).get("index.html") or File("text/html; charset=utf-8", NOT_BUILT, {})
    tag = f'"{hashlib.sha256(shell.plain).hexdigest()[:16]}"'

    async def handler(request: Request) -> Response:
        # Asked for again each time: a page older than its server would misread what it is sent.
        headers = {"Cache-Control": "no-cache", "ETag": tag}
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers=headers)
        return shell.answer(request, headers)

    return handler


def moved(to: str) -> Handler:
    """The handler of an address that a page had."""

    async def handler(request: Request) -> Response:
        # An address without a fragment of its own would inherit the old one's, and such a bookmark may hold a token.
        return RedirectResponse(f"{to}#", 308)

    return handler


def asset() -> Handler:
    """The handler of what the page loads."""
    files = _files(resources.files("api.web").joinpath("built").joinpath("assets"))

    async def handler(request: Request) -> Response:
        name = request.path_params["name"]
        found = files.get(name)
        if found is None:
            raise NotFound(f"There is no file {name[:80]!r} of the page: load it again.")
        return found.answer(request, {"Cache-Control": FOR_GOOD})

    return handler
