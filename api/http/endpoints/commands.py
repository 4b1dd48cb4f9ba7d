"""Commands to calls and conferences, and what became of one. From the bodies that the routes read."""

from inspect import getdoc
from typing import Any

import msgspec

from api.commands.bodies import CALL_VERBS, ROOM_VERBS, Body, CallBody
from api.commands.errors import BadBody
from api.http import commands
from api.http.endpoint import Endpoint, Family, Handler, Takes
from api.http.openapi.parts import (
    TEXT,
    TIME,
    Schema,
    answer,
    header,
    of_structs,
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


_ANSWERS = {
    "202": answer(
        "Taken: what comes of it is at Location, and in the event command.completed",
        ref("CommandTaken"),
        headers={
            "Location": {"required": True, "schema": TEXT | {"format": "uri-reference"}},
            "Idempotency-Replayed": {"schema": {"const": "true"}},
        },
    )
}


def _command(name: str, path: str, kind: type[Body], handler: Handler, *parameters: Schema) -> Endpoint:
    return Endpoint(
        name=name.replace("/", "_"),
        method="post",
        path=path,
        says=(getdoc(kind) or name).split("\n")[0].rstrip("."),
        scope="control",
        handler=handler,
        parameters=(*parameters, KEY),
        body=Takes(
            kind=kind,
            optional=not any(field.required for field in msgspec.structs.fields(kind)),
            strict=True,
            too_long=commands.TooLarge,
            wrong=BadBody,
        ),
        answers=_ANSWERS,
        problems=(404, 409, 413, 422),
    )


FAMILY = Family(
    "commands",
    "Commands to calls and conferences, and what became of one",
    (
        _command("calls_make", "/v1/calls", CallBody, commands.call),
        *(
            _command(f"calls_{verb}", f"/v1/calls/{{call_id:any}}/{verb}", kind, commands.of_call(kind), CALL)
            for verb, kind in CALL_VERBS.items()
        ),
        *(
            _command(f"conferences_{verb}", f"/v1/conferences/{{room}}/{verb}", kind, commands.of_room(kind), ROOM)
            for verb, kind in ROOM_VERBS.items()
        ),
        Endpoint(
            name="commands_get",
            method="get",
            path="/v1/commands/{command_id}",
            says="What became of a command",
            scope="read",
            handler=commands.command,
            parameters=(path_part("command_id", "as it was answered when the command was taken"),),
            answers={"200": answer("How it stands", ref("CommandStatus"))},
            problems=(404,),
            shows="companies",
        ),
    ),
    schemas,
)
