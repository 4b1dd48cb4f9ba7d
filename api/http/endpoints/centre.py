"""The call centre: queues with their measures and who waits, and agents."""

from typing import Any

from api.http import centre
from api.http.centre import QueueMeasures, ServiceLevel
from api.http.endpoint import Endpoint, Family
from api.http.openapi.parts import MOMENT, TEXT, TIME_ZONE, Schema, answer, listed, of_structs, query, record, ref
from api.words.filters import TIMES
from projections.centre.measures import SHORT, TARGET
from projections.query.centre import AgentNow, Waiting

_COMPANY = query("tenant", "of this company", TEXT)


def _seconds(usual: float) -> Schema:
    return {"type": "number", "minimum": 0, "maximum": centre.LONGEST_TARGET, "default": usual}


def schemas() -> dict[str, Any]:
    return of_structs(QueueMeasures, ServiceLevel, Waiting, AgentNow)


_INSTANT: Schema = {"type": "string", "format": "date-time"}

FAMILY = Family(
    "centre",
    "The call centre: queues and agents",
    (
        Endpoint(
            name="centre_queues",
            method="get",
            path="/v1/centre/queues",
            says="Who waits in the queues, and the measures of the stays that were entered in a stretch of time: today",
            scope="read",
            share="question",
            handler=centre.queues,
            parameters=(
                query("since", "entered at or after this time; today" + TIMES, MOMENT),
                query("until", "entered before this time; now" + TIMES, MOMENT),
                query("target", "T: seconds within which a stay is to be answered", _seconds(TARGET)),
                query("short", "S: seconds before which an abandoned stay does not count", _seconds(SHORT)),
                query("time_zone", "IANA zone of times without an offset, and of today", TIME_ZONE),
                _COMPANY,
            ),
            answers={
                "200": answer(
                    "They",
                    record(
                        ["since", "until", "target_seconds", "short_seconds", "queues", "waiting"],
                        since=_INSTANT,
                        until=_INSTANT,
                        target_seconds={"type": "number"},
                        short_seconds={"type": "number"},
                        queues=listed(ref("QueueMeasures")),
                        waiting=listed(ref("Waiting")),
                    ),
                )
            },
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="centre_agents",
            method="get",
            path="/v1/centre/agents",
            says="What the agents do, and since when, as the queues of the switches tell it",
            scope="read",
            handler=centre.agents,
            parameters=(_COMPANY,),
            answers={"200": answer("They", record(["agents"], agents=listed(ref("AgentNow"))))},
            problems=(404,),
            shows="companies",
        ),
    ),
    schemas,
)
