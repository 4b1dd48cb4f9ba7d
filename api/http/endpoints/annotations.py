"""Notes and tags of a call, and the decisions behind them."""

from typing import Any

from api.decisions.annotations import CallAnnotations, CallDecisions, CallNote, CallTag
from api.http import annotations
from api.http.annotations import NewNote, NewTag
from api.http.endpoint import Endpoint, Family, Takes
from api.http.openapi.parts import TEXT, Schema, answer, header, listed, of_structs, path_part, query, record, ref
from core.decided.calls import LONGEST_NOTE, TAG
from projections.query.tags import KnownTag

_CALL = path_part("call_id", "the call's id, that of a call merged into it, or of one of its legs")
_VERSION = header(
    "If-Match",
    "the version that was looked at before: refused when somebody has decided since",
    TEXT | {"pattern": '^"[0-9]{1,15}"$'},
)
_PLACE = {"Location": {"required": True, "schema": TEXT | {"format": "uri-reference"}}}
_STANDS = {"200": answer("The notes and tags as they are now", ref("CallAnnotations"))}
_GONE = {"204": answer("It is gone")}
_REFUSED = (404, 409, 412)


def _schemas() -> dict[str, Any]:
    return of_structs(NewNote, NewTag, CallNote, CallTag, CallAnnotations, CallDecisions, KnownTag)


def _reads(thing: str, says: str, answers: Schema) -> Endpoint:
    return Endpoint(
        name=f"calls_{thing}",
        method="get",
        path=f"/v1/calls/{{call_id:any}}/{thing}",
        says=says,
        scope="read",
        handler=annotations.history if thing == "decisions" else annotations.shown,
        parameters=(_CALL,),
        answers=answers,
        problems=(404,),
        shows="companies",
    )


FAMILY = Family(
    "annotations",
    "Notes and tags that people put on calls, who did, and taking it back",
    (
        _reads("notes", "The notes and tags of a call", _STANDS),
        _reads("tags", "The tags and notes of a call", _STANDS),
        _reads(
            "decisions",
            "Who put notes and tags on a call, and took them away",
            {"200": answer("All decisions, the oldest first", ref("CallDecisions"))},
        ),
        Endpoint(
            name="tags_list",
            method="get",
            path="/v1/tags",
            says="The tags that stand on calls, the one used last first",
            scope="read",
            handler=annotations.known,
            parameters=(query("tenant", "for operators: the company whose tags are asked for", TEXT),),
            answers={"200": answer("The tags", record(["tags"], tags=listed(ref("KnownTag"))))},
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="calls_note",
            method="post",
            path="/v1/calls/{call_id:any}/notes",
            says="Put a note on a call",
            scope="control",
            handler=annotations.add_note,
            parameters=(_CALL, _VERSION),
            body=Takes(kind=NewNote, longest=8 * LONGEST_NOTE),
            answers={"201": answer("The note", ref("CallNote"), headers=_PLACE)},
            problems=(*_REFUSED, 422),
            shows="companies",
        ),
        Endpoint(
            name="calls_note_remove",
            method="delete",
            path="/v1/calls/{call_id:any}/notes/{note_id}",
            says="Take a note away: one's own, or anybody's for whoever is more than a user",
            scope="control",
            handler=annotations.remove_note,
            parameters=(_CALL, path_part("note_id", "as it was answered"), _VERSION),
            answers=_GONE,
            problems=_REFUSED,
        ),
        Endpoint(
            name="calls_tag",
            method="post",
            path="/v1/calls/{call_id:any}/tags",
            says="Put a tag on a call, if it has not got it",
            scope="control",
            handler=annotations.add_tag,
            parameters=(_CALL, _VERSION),
            body=Takes(kind=NewTag, longest=2000),
            answers={"201": answer("The tag", ref("CallTag"), headers=_PLACE)},
            problems=(*_REFUSED, 422),
            shows="companies",
        ),
        Endpoint(
            name="calls_tag_remove",
            method="delete",
            path="/v1/calls/{call_id:any}/tags/{tag}",
            says="Take a tag away",
            scope="control",
            handler=annotations.remove_tag,
            parameters=(_CALL, path_part("tag", "the tag", TEXT | {"pattern": TAG}), _VERSION),
            answers=_GONE,
            problems=_REFUSED,
        ),
        Endpoint(
            name="calls_undo",
            method="post",
            path="/v1/calls/{call_id:any}/decisions/undo",
            says="Take back the last that was decided on a call; twice does it again",
            scope="control",
            handler=annotations.undo,
            parameters=(_CALL, _VERSION),
            answers=_STANDS,
            problems=_REFUSED,
            shows="companies",
        ),
    ),
    _schemas,
)
