"""Write an example of each type of published event, or say that they are out of date.

``python scripts/event_examples.py`` writes projections/published/examples.json, ``--check`` compares only (exit code 1
when it differs). The examples are the first events of their type in recorded calls; what no recording holds (what the
bridge says of a link, commands, operators) is published of events as Harmony itself makes them.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

TOP = Path(__file__).resolve().parent.parent
FILE = TOP / "projections" / "published" / "examples.json"
sys.path.insert(0, str(TOP))

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.event import SwitchEvent

INSTALLATION = UUID("6a1f0f2e-7c55-4d0e-9a6b-3d1f5a0c8e21")
CAPTURES = (
    "01-answered-caller-hangs-up",
    "08-unregistered-to-voicemail",
    "10-blind-transfer-by-callee",
    "13-attended-transfer-by-callee",
    "24-park-and-retrieve",
    "27-conference-three-parties",
    "28-ivr-digit-to-extension",
    "30-queue-answered",
    "33-eavesdrop",
    "36-recording-start-stop",
    "46-registrations",
    "47-early-media-183",
)
SCENARIOS = ("14d-att-to-queue", "32c-queue-reject-next")

_SWITCH = "freeswitch@pbx1"
_CORE, _NEW_CORE = "19b8e2d8-0617-4c23-a4d0-db01c78590ab", "f1156357-e33e-45c4-80a6-09a07657269a"
_AT = 1_795_424_872_000_000
_CALL = "761083e8-1338-4bc2-ba9b-0b4850fa2c1b"
_COMMAND = {
    "Harmony_Command": "0b9f3f5e-2f0e-4c8e-8d57-7f8f9f2f6c11",
    "Harmony_Kind": "transfer.blind",
    "Harmony_Tenant": "alpha.example",
    "Harmony_By": "crm",
    "Harmony_Call": _CALL,
    "Harmony_Arguments": json.dumps({"leg": _CALL, "to": "1003", "context": "alpha.example"}),
}
_DECIDED = {
    "Harmony_Subject": _CALL,
    "Harmony_Tenant": "alpha.example",
    "Harmony_By": "1002@alpha.example",
    "Harmony_Concerns": json.dumps(
        {"direction": "internal", "users": ["1001@alpha.example", "1002@alpha.example"], "parties": ["1001", "1002"]}
    ),
}
_NOTE = {"note_id": "5b0c3c0e-3f0a-4a58-8d3f-6f0a0b7f2d10", "text": "Wants to be called back on Friday."}


def own_events() -> Iterator[SwitchEvent]:
    """Events of our own, and a switch's first and last: no recording has them."""
    from core import own_event as own
    from core.log.prepare import Incoming
    from tests.projections.filling import made_event
    from tests.projections.published.recorded import in_a_log

    about = {"Harmony_Switch": _SWITCH, "Harmony_Core_UUID": _CORE}
    lost = {"Harmony_Since": _AT - 1_480_133, "Harmony_Until": _AT}
    made: list[tuple[str, dict[str, str | int]]] = [
        (own.LINK_UP, {**about, **lost, "Harmony_Missed_Sessions": 3}),
        (own.LINK_DOWN, {**about, **lost, "Harmony_Reason": "The switch closed the connection."}),
        (own.GAP, {**about, **lost, "Harmony_Missing": 2, "Harmony_Evidence": "session_id"}),
        (own.OVERFLOW, {**about, **lost, "Harmony_Missing": 512}),
        (
            own.RECONCILED,
            {
                **about,
                "Harmony_Cause": "link",
                "Harmony_Channels": 4,
                "Harmony_Unseen": 0,
                "Harmony_Gone": 1,
                "Harmony_Ghosts": 0,
                "Harmony_Certain": "true",
            },
        ),
        (own.LINK_UP, {**about, **lost, "Harmony_Core_UUID": _NEW_CORE, "Harmony_Old_Core_UUID": _CORE}),
        (
            own.PARKED,
            {
                "Harmony_Switch": _SWITCH,
                "Harmony_Events": 1,
                "Harmony_Code": "event.header",
                "Harmony_Reason": "This is no event: it has no Event-Sequence (at byte 96).",
            },
        ),
        (own.COMMAND_REQUESTED, {"Harmony_Switch": _SWITCH, **_COMMAND}),
        (
            own.COMMAND_COMPLETED,
            {"Harmony_Switch": _SWITCH, **_COMMAND, "Harmony_Result": "ok", "Harmony_Said": "+OK Success"},
        ),
        (
            own.OPERATOR,
            {
                "Harmony_Action": "parked.skip",
                "Harmony_By": "ops",
                "Harmony_Tenant": "",
                "Harmony_Subject": "17",
                "Harmony_Reason": "sent by a scanner, no event of a switch",
                "Harmony_Details": "{}",
            },
        ),
        (own.DECIDED, {**_DECIDED, "Harmony_Kind": "note.added", "Harmony_Details": json.dumps(_NOTE)}),
        (own.DECIDED, {**_DECIDED, "Harmony_Kind": "tag.added", "Harmony_Details": json.dumps({"tag": "complaint"})}),
    ]
    items = [
        Incoming(_SWITCH, own.own_event(name, _NEW_CORE, number, _AT + number, **headers), _AT + number)
        for number, (name, headers) in enumerate(made, start=1)
    ]
    items += [
        made_event("STARTUP", 2, FreeSWITCH_Version="1.11.3-dev+git~20260821T141014Z~cc93a683ca~64bit"),
        made_event("SHUTDOWN", 90_417),
    ]
    return in_a_log(items)


def examples() -> dict[str, object]:
    """The first event of each type, whole, in the order of the catalogue."""
    from core.cursor import cursor
    from projections.published.catalogue import CATALOGUE
    from projections.published.envelope import envelope
    from tests.projections.callflow import folding
    from tests.projections.published.recorded import events_of, published

    sources = [events_of(name) for name in CAPTURES]
    sources += [events_of(name, folding.SCENARIOS) for name in SCENARIOS]
    sources.append(list(own_events()))
    found: dict[str, object] = {}
    for events in sources:
        # A page of one event tells what a longer one would have seen through: so there is a correction to show.
        for event in published(events, page=1):
            if event.type not in found:
                behind = cursor("calls", INSTALLATION, event.position)
                found[event.type] = json.loads(envelope(event, behind, INSTALLATION))
    return {name: found[name] for name in CATALOGUE}


def text() -> str:
    """The file as it should be."""
    return json.dumps(examples(), indent=2, ensure_ascii=False) + "\n"


def main() -> int | str:
    """Write or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 when the examples are out of date")
    fresh = text()
    if parser.parse_args().check:
        if FILE.read_text() != fresh:
            return "projections/published/examples.json is out of date: run `make docs`."
        return 0
    FILE.write_text(fresh)
    return 0


if __name__ == "__main__":
    sys.exit(main())
