"""The files that phones fetch."""

from api.http import provision
from api.http.endpoint import Endpoint, Family
from api.http.openapi.parts import TEXT, path_part

FAMILY = Family(
    "provisioning",
    "The settings of phones",
    (
        Endpoint(
            name="provisioning_get",
            method="get",
            path="/provision/{secret}/{file}",
            says="A phone's settings, for the phone whose secret it is; no token is asked for",
            scope="open",
            handler=provision.file,
            parameters=(
                path_part("secret", "of the address that `harmony phones secret` printed, or of the last one given"),
                path_part("file", "as the phone's maker names it, with its MAC address: 001565aa0001.cfg"),
            ),
            answers={
                "200": {
                    "description": "In the form of the phone's maker",
                    "content": {kind: {"schema": TEXT} for kind in ("text/plain", "application/xml")},
                }
            },
            problems=(404, 429, 503),
        ),
    ),
)
