"""For those who watch Harmony, and the descriptions themselves."""

from typing import Any

from api.http.openapi.parts import OPEN, PROBLEM, REFUSED, TEXT, answer, get, listed, record, ref


def paths() -> dict[str, Any]:
    health = ref("Health")
    return {
        "/livez": get("livez", "The process answers", {"200": answer("It does", {"type": "object"})}, security=OPEN),
        "/readyz": get(
            "readyz",
            "Whether calls can be read, and what is degraded",
            {"200": answer("They can", health), "503": answer("They cannot", health)},
            security=OPEN,
        ),
        "/metrics": get("metrics", "Figures for Prometheus", {"200": answer("Text", TEXT, "text/plain")} | REFUSED),
        "/openapi.json": get("openapi", "This", {"200": answer("This", {"type": "object"}), "401": PROBLEM}),
    }


def schemas() -> dict[str, Any]:
    return {
        "Health": record(
            ["status", "degraded"],
            status={"enum": ["ok", "degraded"]},
            degraded=listed(TEXT) | {"description": "Codes of what is wrong"},
            problems=listed(TEXT) | {"description": "The same in sentences"},
        )
    }
