"""Commands to calls and conferences, and what became of one. From the bodies that the routes read."""

from inspect import getdoc
from typing import Any

import msgspec

from api.commanding.bodies import CALL_VERBS, ROOM_VERBS, Body, CallBody
from api.http.openapi.parts import (
    PROBLEM,
    REFUSED,
    TEXT,
    TIME,
    Schema,
    answer,
    body,
    get,
    header,
    of_structs,
    operation,
    path_part,
    record,
    ref,
)
from core.commands import checks
from core.commands.orders import Status

KEY = header(
    "Idempotency-Key",
    "the same key and the same question: the same command, once; another question with it is refused",
    TEXT | {"pattern": "^[!-~]{1,255}$"},
)
CALL = path_part("call_id", "the call's id, that of a call merged into it, or of one of its legs")
ROOM = path_part("room", "the name of the conference room", TEXT | {"pattern": f"^{checks.ROOM}$"})
ANSWERS = {
    "202": answer(
        "Taken: what comes of it is at Location, and in the event command.completed",
        ref("CommandTaken"),
        headers={
            "Location": {"required": True, "schema": TEXT | {"format": "uri-reference"}},
            "Idempotency-Replayed": {"schema": {"const": "true"}},
        },
    ),
    "400": PROBLEM,
    "403": PROBLEM,
    "404": PROBLEM,
    "409": PROBLEM,
    "413": PROBLEM,
    "422": PROBLEM,
} | REFUSED


def paths() -> dict[str, Any]:
    command_id = path_part("command_id", "as it was answered when the command was taken")
    return {
        "/v1/calls": _post("make_call", CallBody),
        **{
            f"/v1/calls/{{call_id}}/{verb}": _post(_name("call", verb), kind, CALL) for verb, kind in CALL_VERBS.items()
        },
        **{
            f"/v1/conferences/{{room}}/{verb}": _post(_name("conference", verb), kind, ROOM)
            for verb, kind in ROOM_VERBS.items()
        },
        "/v1/commands/{command_id}": get(
            "command",
            "What became of a command",
            {"200": answer("How it stands", ref("CommandStatus")), "404": PROBLEM} | REFUSED,
            [command_id],
        ),
    }


def schemas() -> dict[str, Any]:
    described = of_structs(CallBody, *CALL_VERBS.values(), *ROOM_VERBS.values())
    (status,) = of_structs(Status).values()
    status["title"] = "CommandStatus"
    taken = record(
        ["command_id", "kind", "call_id", "leg", "switch", "deadline"],
        command_id=TEXT | {"format": "uuid"},
        kind=TEXT,
        call_id={"type": ["string", "null"]},
        leg={"type": ["string", "null"], "description": "The leg that it is about"},
        switch=TEXT,
        deadline=TIME,
    )
    return described | {"CommandStatus": status, "CommandTaken": taken}


def _post(name: str, kind: type[Body], *parameters: Schema) -> dict[str, Any]:
    says = (getdoc(kind) or name).split("\n")[0].rstrip(".")
    optional = not any(field.required for field in msgspec.structs.fields(kind))
    return operation("post", name, says, ANSWERS, [*parameters, KEY], body(ref(kind.__name__), required=not optional))


def _name(of: str, verb: str) -> str:
    return f"{of}_{verb.replace('/', '_')}"
