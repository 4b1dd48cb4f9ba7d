"""For those who watch Harmony."""

from typing import Any

from api.http import state
from api.http.endpoint import Endpoint, Family
from api.http.openapi.parts import TEXT, answer, listed, record, ref

_HEALTH = ref("Health")


def schemas() -> dict[str, Any]:
    return {
        "Health": record(
            ["status", "degraded"],
            status={"enum": ["ok", "degraded"]},
            degraded=listed(TEXT) | {"description": "Codes of what is wrong"},
            problems=listed(TEXT) | {"description": "The same in sentences"},
        )
    }


FAMILY = Family(
    "watching",
    "Whether Harmony lives, is ready, and how it fares",
    (
        Endpoint(
            name="watching_livez",
            method="get",
            path="/livez",
            says="The process answers",
            scope="open",
            handler=state.livez,
            answers={"200": answer("It does", {"type": "object"})},
            shows="nothing",
        ),
        Endpoint(
            name="watching_readyz",
            method="get",
            path="/readyz",
            says="Whether calls can be read, and what is degraded",
            scope="open",
            handler=state.readyz,
            answers={"200": answer("They can", _HEALTH), "503": answer("They cannot", _HEALTH)},
            shows="nothing",
        ),
        Endpoint(
            name="watching_metrics",
            method="get",
            path="/metrics",
            says="Figures for Prometheus",
            scope="operate",
            handler=state.metrics,
            answers={"200": answer("Text", TEXT, "text/plain")},
            shows="nothing",
        ),
    ),
    schemas,
)
