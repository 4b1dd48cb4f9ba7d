"""Recordings of calls."""

from typing import Any

from api.http import recordings
from api.http.endpoint import Endpoint, Family
from api.http.openapi.parts import TEXT, Schema, answer, header, of_structs, path_part, ref
from api.http.recordings import Recordings
from api.recordings.kept import KINDS

_CALL = path_part("call_id", "the call's id, that of a call merged into it, or of one of its legs")
_RANGE = header("Range", "the part that is wanted: bytes=0-65535, bytes=65536- or bytes=-1024", TEXT)
_IF_RANGE = header("If-Range", "the ETag of an earlier answer: the part only of that file, else the whole", TEXT)
OTHER = "application/octet-stream"
"""for readers of this description who know no sound"""
SOUND: Schema = {
    "content": {
        kind: {"schema": {"type": "string", "format": "binary"}} for kind in [*sorted(set(KINDS.values())), OTHER]
    }
}
"""what an answer with a sound file is"""
FAMILY = Family(
    "recordings",
    "Recordings of calls, for those who may see the call and were part of what was recorded",
    (
        Endpoint(
            name="recordings_list",
            method="get",
            path="/v1/calls/{call_id:any}/recordings",
            says="The recordings of a call that one may hear",
            scope="read",
            handler=recordings.recordings,
            parameters=(_CALL,),
            answers={"200": answer("The recordings, the oldest first", ref("Recordings"))},
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="recordings_hear",
            method="get",
            path="/v1/calls/{call_id:any}/recordings/{name}",
            says="Hear a recording, whole or in part; that somebody did is recorded",
            scope="read",
            handler=recordings.recording,
            parameters=(_CALL, path_part("name", "as the list names it"), _RANGE, _IF_RANGE),
            answers={
                "200": SOUND | {"description": "The sound"},
                "206": SOUND | {"description": "The part that was asked for"},
            },
            problems=(404, 416),
        ),
    ),
    lambda: _schemas(),
)


def _schemas() -> dict[str, Any]:
    return of_structs(Recordings)
