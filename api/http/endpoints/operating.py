"""For operators of the installation: the status of everything, and events that could not be used."""

from typing import Any

from api.http import operations, parked, status
from api.http.endpoint import Endpoint, Family, Takes
from api.http.openapi.parts import (
    POSITION,
    TEXT,
    TIME,
    Schema,
    answer,
    listed,
    of_structs,
    path_part,
    query,
    record,
    ref,
)
from api.operations.parked_decisions import LONGEST_REASON, Retried
from api.operations.status import PartStatus, ProjectionStatus, SwitchStatus
from core.log.parked import STATES

TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
NUMBER_OR_NULL: Schema = {"type": ["integer", "null"]}
TIME_OR_NULL: Schema = TIME | {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}


def schemas() -> dict[str, Any]:
    described = of_structs(ProjectionStatus, SwitchStatus, PartStatus, Retried)
    return described | {
        "Status": _status(),
        "Skip": _skip(),
        "ParkedEvent": _parked(),
        "ParkedWhole": _whole(),
        "OperatorAction": _action(),
    }


def _status() -> Schema:
    log = record(
        ["installation", "oldest", "position", "newest_at", "parked"],
        installation=TEXT | {"format": "uuid"},
        oldest=COUNT | {"description": "The first position that is still kept"},
        position=COUNT,
        newest_at=TIME_OR_NULL,
        parked=COUNT,
    )
    return record(
        [*_HEALTH, "log", "projections", "switches", "services", "losses"],
        **_HEALTH,
        log=log,
        projections=listed(ref("ProjectionStatus")),
        switches=listed(ref("SwitchStatus")),
        services=listed(ref("PartStatus")),
        losses=record(
            ["count", "newest"],
            count=COUNT | {"description": "Times in which events of a switch were lost, over all bridges"},
            newest=listed(_loss()),
        ),
    )


def _loss() -> Schema:
    return record(
        ["kind", "switch", "since", "until", "seconds", "events", "bridge"],
        kind={"enum": ["link", "gap", "overflow", "spool"]},
        switch=TEXT,
        since=TIME,
        until=TIME_OR_NULL | {"description": "null: it goes on"},
        seconds={"type": "number", "minimum": 0},
        events=NUMBER_OR_NULL | {"description": "How many events or begins of legs, where that is known"},
        bridge=TEXT_OR_NULL,
    )


_HEALTH: dict[str, Schema] = {
    "status": {"enum": ["ok", "degraded"]},
    "at": TIME,
    "head": COUNT | {"description": "The last position of the switch log"},
    "position": POSITION,
    "behind": COUNT,
    "lag_seconds": {"type": "number", "minimum": 0},
    "generation": COUNT,
    "live": COUNT,
    "parked": COUNT,
    "degraded": listed(TEXT) | {"description": "Codes of what is wrong"},
    "problems": listed(TEXT) | {"description": "The same in sentences"},
}


def _skip() -> Schema:
    reason = TEXT | {"minLength": 1, "maxLength": LONGEST_REASON, "pattern": "\\S"}
    return record(["reason"], reason=reason) | {"additionalProperties": False}


def _parked() -> Schema:
    fields: dict[str, Schema] = {
        "id": COUNT,
        "state": {"enum": list(STATES)},
        "part": TEXT | {"description": "Which part put it aside: log, or a projection"},
        "switch": TEXT_OR_NULL,
        "position": NUMBER_OR_NULL,
        "code": TEXT,
        "reason": TEXT,
        "offset": NUMBER_OR_NULL | {"description": "The byte where reading stopped"},
        "bytes": COUNT,
        "received_at": TIME_OR_NULL,
        "parked_at": TIME,
        "attempts": COUNT,
        "tried_at": TIME_OR_NULL,
        "settled_at": TIME_OR_NULL,
        "settled_by": TEXT_OR_NULL,
        "settled_reason": TEXT_OR_NULL,
    }
    return record(list(fields), **fields)


def _whole() -> Schema:
    summary = _parked()
    more: dict[str, Schema] = {
        "headers": listed(record(["name", "value"], name=TEXT, value=TEXT)),
        "stopped_at": NUMBER_OR_NULL,
        "stopped_because": TEXT_OR_NULL,
        "content_base64": TEXT | {"contentEncoding": "base64"},
    }
    return record([*summary["required"], *more], **summary["properties"], **more)


def _action() -> Schema:
    fields: dict[str, Schema] = {
        "position": COUNT | {"description": "Of the event that records it, in the switch log"},
        "at": TIME,
        "action": TEXT | {"description": "Such as parked.skip, retention.drop, replay, import"},
        "by": TEXT,
        "subject": TEXT,
        "reason": TEXT,
        "tenant": TEXT_OR_NULL,
        "details": {"type": "object"},
    }
    return record(list(fields), **fields)


_PARKED = path_part("parked_id", "a number, as in the list")
_AT_MOST: Schema = {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
FAMILY = Family(
    "operating",
    "For operators of the installation: the status of everything, what they did, events that could not be used",
    (
        Endpoint(
            name="status_get",
            method="get",
            path="/v1/status",
            says="Every projection, switch and part with its figures",
            scope="operate",
            handler=status.status,
            answers={"200": answer("They", ref("Status"))},
            shows="nothing",
        ),
        Endpoint(
            name="operations_list",
            method="get",
            path="/v1/operations",
            says="What operators did, newest first",
            scope="operate",
            handler=operations.operations,
            parameters=(
                query("before", "only what was done before this position", COUNT | {"minimum": 1, "maximum": 1 << 59}),
                query("action", "only this action, such as parked.skip or parked.*", TEXT),
                query("by", "only by this operator", TEXT),
                query("limit", "at most so many", _AT_MOST),
            ),
            answers={"200": answer("It", record(["operations"], operations=listed(ref("OperatorAction"))))},
            shows="nothing",
        ),
        Endpoint(
            name="parked_list",
            method="get",
            path="/v1/parked",
            says="Events that could not be used, oldest first",
            scope="operate",
            handler=parked.listing,
            parameters=(
                query("state", "of this state only", {"enum": [*STATES, "all"], "default": "waiting"}),
                query("part", "that this part put aside: log, or a projection", TEXT),
                query("after", "with a greater id than this", COUNT | {"maximum": 1 << 59}),
                query("limit", "events of an answer", _AT_MOST),
            ),
            answers={"200": answer("They", record(["parked"], parked=listed(ref("ParkedEvent"))))},
            shows="nothing",
        ),
        Endpoint(
            name="parked_get",
            method="get",
            path="/v1/parked/{parked_id}",
            says="One of them with its bytes",
            scope="operate",
            handler=parked.one,
            parameters=(_PARKED,),
            answers={"200": answer("It", ref("ParkedWhole"))},
            problems=(404,),
            shows="nothing",
        ),
        Endpoint(
            name="parked_retry",
            method="post",
            path="/v1/parked/{parked_id}/retry",
            says="Try to use it again",
            scope="operate",
            handler=parked.retry,
            parameters=(_PARKED,),
            answers={"200": answer("What came of it", ref("Retried"))},
            problems=(404, 409),
            shows="nothing",
        ),
        Endpoint(
            name="parked_skip",
            method="post",
            path="/v1/parked/{parked_id}/skip",
            says="Decide that it is not needed, with a reason",
            scope="operate",
            handler=parked.skip,
            parameters=(_PARKED,),
            body=Takes(kind=parked.Skip, longest=16_384),
            answers={"200": answer("It is skipped", ref("ParkedEvent"))},
            problems=(404, 409),
            shows="nothing",
        ),
    ),
    schemas,
)
