"""A sound file as an answer: whole or in part, read piece by piece, so that its length costs no memory."""

import os
from collections.abc import Iterator

from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.http.problems import Problem
from api.http.ranges import Unsatisfiable, part
from api.recordings.kept import Sound

PIECE = 65_536
"""bytes"""


def sound_answer(request: Request, sound: Sound) -> Response:
    """The answer, which closes the file."""
    headers = {
        "Accept-Ranges": "bytes",
        "ETag": sound.tag,
        "Cache-Control": "private, no-store",
        "Content-Disposition": "inline",
    }
    if_range = request.headers.get("if-range")
    asked = request.headers.get("range") if if_range in (None, sound.tag) else None
    try:
        wanted = part(asked, sound.size)
    except Unsatisfiable:
        os.close(sound.descriptor)
        says = f"The recording has {sound.size} bytes: the range that was asked for lies behind its end."
        return Problem(416, "recording.range", says, {"Content-Range": f"bytes */{sound.size}"})
    first, end = wanted or (0, sound.size)
    headers["Content-Length"] = str(end - first)
    if wanted:
        headers["Content-Range"] = f"bytes {first}-{end - 1}/{sound.size}"
    if request.method == "HEAD":
        os.close(sound.descriptor)
        return Response(None, 206 if wanted else 200, headers, sound.kind)
    file = os.fdopen(sound.descriptor, "rb", buffering=0)
    file.seek(first)

    def pieces() -> Iterator[bytes]:
        left = end - first
        with file:
            while left and (piece := file.read(min(PIECE, left))):
                left -= len(piece)
                yield piece

    return StreamingResponse(pieces(), 206 if wanted else 200, headers, sound.kind, BackgroundTask(file.close))
