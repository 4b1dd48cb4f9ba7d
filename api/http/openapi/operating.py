"""For operators of the installation: the status of everything, and events that could not be used."""

from typing import Any

from api.http.openapi.parts import (
    POSITION,
    PROBLEM,
    REFUSED,
    TEXT,
    TIME,
    Schema,
    answer,
    body,
    get,
    listed,
    of_structs,
    operation,
    path_part,
    query,
    record,
    ref,
)
from api.operating.parking import LONGEST_REASON, Retried
from api.operating.status import PartStatus, ProjectionStatus, SwitchStatus
from core.log.parked import STATES

TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
NUMBER_OR_NULL: Schema = {"type": ["integer", "null"]}
TIME_OR_NULL: Schema = TIME | {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
ONE = {"404": PROBLEM, "403": PROBLEM} | REFUSED


def paths() -> dict[str, Any]:
    parked = path_part("parked_id", "a number, as in the list")
    return {
        "/v1/status": get(
            "status",
            "Every projection, switch and part with its figures",
            {"200": answer("They", ref("Status")), "403": PROBLEM} | REFUSED,
        ),
        "/v1/operations": get(
            "operations",
            "What operators did, newest first",
            {
                "200": answer("It", record(["operations"], operations=listed(ref("OperatorAction")))),
                "400": PROBLEM,
                "403": PROBLEM,
            }
            | REFUSED,
            [
                query("before", "only what was done before this position", COUNT | {"minimum": 1, "maximum": 1 << 59}),
                query("action", "only this action, such as parked.skip or parked.*", TEXT),
                query("by", "only by this operator", TEXT),
                query("limit", "at most so many", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}),
            ],
        ),
        "/v1/parked": get(
            "parked",
            "Events that could not be used, oldest first",
            {
                "200": answer("They", record(["parked"], parked=listed(ref("ParkedEvent")))),
                "400": PROBLEM,
                "403": PROBLEM,
            }
            | REFUSED,
            [
                query("state", "of this state only", {"enum": [*STATES, "all"], "default": "waiting"}),
                query("part", "that this part put aside: log, or a projection", TEXT),
                query("after", "with a greater id than this", COUNT | {"maximum": 1 << 59}),
                query(
                    "limit", "events of an answer", {"type": "integer", "minimum": 1, "maximum": 1000, "default": 100}
                ),
            ],
        ),
        "/v1/parked/{parked_id}": get(
            "parked_event", "One of them with its bytes", {"200": answer("It", ref("ParkedWhole"))} | ONE, [parked]
        ),
        "/v1/parked/{parked_id}/retry": operation(
            "post",
            "parked_retry",
            "Try to use it again",
            {"200": answer("What came of it", ref("Retried")), "400": PROBLEM, "409": PROBLEM} | ONE,
            [parked],
        ),
        "/v1/parked/{parked_id}/skip": operation(
            "post",
            "parked_skip",
            "Decide that it is not needed, with a reason",
            {"200": answer("It is skipped", ref("ParkedEvent")), "400": PROBLEM, "409": PROBLEM} | ONE,
            [parked],
            body(ref("Skip")),
        ),
    }


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
        [*_HEALTH, "log", "projections", "switches", "services"],
        **_HEALTH,
        log=log,
        projections=listed(ref("ProjectionStatus")),
        switches=listed(ref("SwitchStatus")),
        services=listed(ref("PartStatus")),
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
