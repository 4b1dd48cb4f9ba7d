"""Test events: recorded examples by their type, for whoever tries a receiver."""

from typing import Any

from api.access.principal import COMPANY
from api.hooks.tryouts import NewTestEvent
from api.http import tryouts
from api.http.endpoint import Endpoint, Family, Takes
from api.http.openapi.parts import Schema, answer, listed, of_structs, query, record, ref
from projections.published.catalogue import CATALOGUE

_AFTER: Schema = {"type": "integer", "minimum": 0, "maximum": 1 << 62}
_EVENT = record(
    ["specversion", "id", "source", "type", "subject", "time", "test", "data"],
    specversion={"type": "string"},
    id={"type": "string"},
    source={"type": "string"},
    type={"type": "string"},
    subject={"type": "string"},
    time={"type": "string", "format": "date-time"},
    datacontenttype={"type": "string"},
    dataschema={"type": "string"},
    tenant={"type": "string"},
    test={"type": "boolean", "description": "true: nothing of this ever happened"},
    data={"type": "object"},
)
_PAGE = record(
    ["events", "next"],
    events=listed(ref("TestEvent")),
    next={"type": "integer", "description": "`after` of the next question"},
)


def _schemas() -> dict[str, Any]:
    described = of_structs(NewTestEvent)
    asked = described["NewTestEvent"]["properties"]["type"]
    described["NewTestEvent"]["properties"]["type"] = {
        "type": "string",
        "enum": list(CATALOGUE),
        "description": asked["description"],
    }
    return described | {"TestEvent": _EVENT | {"description": "A CloudEvent that is no fact"}}


FAMILY = Family(
    "test-events",
    "Test events: recorded examples by their type, for whoever tries a receiver",
    (
        Endpoint(
            name="test_events_create",
            method="post",
            path="/v1/test-events",
            says="Make a test event of a type; those who listen get it, no log and no webhook does",
            scope="subscribe",
            roles=COMPANY,
            handler=tryouts.create,
            body=Takes(kind=NewTestEvent),
            answers={"201": answer("It", ref("TestEvent"))},
            problems=(404,),
            shows="nothing",
        ),
        Endpoint(
            name="test_events_list",
            method="get",
            path="/v1/test-events",
            says="Test events of the last hour behind a number; without one, none of them and where new ones begin",
            scope="subscribe",
            roles=COMPANY,
            handler=tryouts.listing,
            parameters=(query("after", "`next` of the answer before", _AFTER),),
            answers={"200": answer("They", _PAGE)},
            shows="nothing",
        ),
    ),
    _schemas,
)
