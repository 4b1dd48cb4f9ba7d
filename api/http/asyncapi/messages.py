"""Every message that Harmony sends unasked: events of the catalogue, raw events, marks, changes of live calls."""

from typing import Any

from api.http import event_schemas
from api.http.endpoints import calls, state
from api.http.openapi.parts import CURSOR, POSITION, TEXT, Schema, listed, record, ref
from api.streams.pieces import STOPPING, MarkKind
from projections.published.catalogue import CATALOGUE

CLOUD_EVENT = "application/cloudevents+json"
PLACE = "#/components/schemas/"
MARKS: dict[MarkKind, tuple[str, bool]] = {
    "caught-up": ("All that was stored has been sent: what follows is new.", False),
    "fell-behind": ("The reader is slower than the log: what follows is old, until the next caught-up.", False),
    "checkpoint": ("Nothing that the filter lets through has come; a reader may go on from here.", False),
    "closed": ("The last message of a stream, with the reason; come again with the cursor.", True),
}
"""what each says, and whether it comes with a reason"""


def events() -> dict[str, Any]:
    """A message for each type of the catalogue."""
    return {
        name: {
            "name": name,
            "title": name,
            "summary": kind.sentence,
            "contentType": CLOUD_EVENT,
            "payload": ref(f"{name}.event"),
            "examples": [{"name": "recorded", "payload": kind.example}],
        }
        for name, kind in CATALOGUE.items()
    }


def raw() -> dict[str, Any]:
    """The message of a raw switch event."""
    return {
        "freeswitch": {
            "name": "freeswitch",
            "title": "freeswitch.*",
            "summary": "An event of a switch with all its headers, to those who asked for log=switch",
            "contentType": CLOUD_EVENT,
            "payload": ref("SwitchEvent"),
        }
    }


def marks() -> dict[str, Any]:
    return {
        name: {
            "name": name,
            "title": name,
            "summary": says,
            "contentType": "application/json",
            "payload": ref(f"mark.{name}"),
            "examples": [{"name": "usual", "payload": _mark_example(name, closing)}],
        }
        for name, (says, closing) in MARKS.items()
    }


def live() -> dict[str, Any]:
    """The messages of /v1/live/stream."""
    return {
        name: {"name": name, "title": name, "summary": says, "contentType": "application/json", "payload": payload}
        for name, (says, payload) in {
            "snapshot": ("All live calls: first of all, and again where the reader fell behind", ref("Snapshot")),
            "call": ("A call that lives has changed: this is how it is now", ref("Call")),
            "ended": ("A call is over: this is how it ended", ref("Call")),
            "merged": ("A call turned out to be part of another", ref("Merged")),
            "health": ("How Harmony fares, every two seconds: the heartbeat too", ref("Health")),
        }.items()
    }


def test() -> dict[str, Any]:
    return {
        "webhook.test": {
            "name": "webhook.test",
            "title": "webhook.test",
            "summary": "Means nothing but that messages arrive; sent when somebody asks for it",
            "contentType": CLOUD_EVENT,
            "payload": ref("webhook.test"),
        }
    }


def _mark_example(name: MarkKind, closing: bool) -> dict[str, str]:
    said = {"mark": name, "cursor": "AWM6DN4xAAAAAAAAAAc"}
    return said | ({"reason": STOPPING[1]} if closing else {})


def schemas() -> dict[str, Schema]:
    """What the messages refer to."""
    found: dict[str, Schema] = {}
    for name, kind in CATALOGUE.items():
        data, parts = event_schemas.data_schema(kind, PLACE)
        found |= parts
        found[f"{name}.data"] = data
        found[f"{name}.event"] = event_schemas.event_schema(kind, ref(f"{name}.data"))
    headers = {"type": "object", "additionalProperties": TEXT, "description": "The headers, as they came"}
    found["SwitchEvent"] = event_schemas.cloud_event(
        type=TEXT | {"pattern": "^freeswitch[.]"}, switch=TEXT, position=TEXT, data=headers
    )
    found["webhook.test"] = event_schemas.cloud_event(
        "cursor", type={"const": "webhook.test"}, data=record(["webhook"], webhook=TEXT | {"format": "uuid"})
    )
    for name, (says, closing) in MARKS.items():
        reason = {"reason": TEXT} if closing else {}
        mark = record(["mark", "cursor", *reason], mark={"const": name}, cursor=CURSOR, **reason)
        found[f"mark.{name}"] = mark | {"title": name, "description": says}
    found |= calls.schemas() | state.schemas()
    found["Snapshot"] = record(
        ["position", "health", "calls"], position=POSITION, health=ref("Health"), calls=listed(ref("Call"))
    )
    found["Merged"] = record(["alias", "call_id"], alias=TEXT, call_id=TEXT)
    return found
