"""The files that phones fetch."""

from typing import Any

from api.http.openapi.parts import OPEN, PROBLEM, TEXT, operation, path_part


def paths() -> dict[str, Any]:
    secret = path_part("secret", "of the address that `harmony phones secret` printed, or of the last one given")
    file = path_part("file", "as the phone's maker names it, with its MAC address: 001565aa0001.cfg")
    return {
        "/provision/{secret}/{file}": operation(
            "get",
            "provision",
            "A phone's settings, for the phone whose secret it is; no token is asked for",
            {
                "200": {
                    "description": "In the form of the phone's maker",
                    "content": {kind: {"schema": TEXT} for kind in ("text/plain", "application/xml")},
                },
                "404": PROBLEM,
                "429": PROBLEM,
                "503": PROBLEM,
            },
            [secret, file],
            security=OPEN,
        )
    }


def schemas() -> dict[str, Any]:
    return {}
