"""The server does what its description says: every operation, with good and with bad input, over the calls of the demo.

schemathesis reads /openapi.json as a client would, makes requests of it, and holds each answer against it. What it
cannot guess, it is told: calls that are still going on, a webhook, events that were parked.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.http.openapi import document
from api.operations.captures import import_file
from core.log import EventLog, Incoming
from tests.api.commands import living
from tests.api.conftest import Server, Site

pytestmark = pytest.mark.http
TOP = Path(__file__).parents[3]
EXAMPLES = 8
"""for an operation, beside those to which the description itself leads"""
CONFIGURATION = """
hooks = "tests.api.http.inputs"
max-stream-events = 1

[dictionaries]
calls = { values = CALLS }
webhooks = { values = ["WEBHOOK"] }
parked = { values = ["1", "2", "3"] }

# 412: somebody decided meanwhile, whatever the data are.
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 412, 429, "5xx"]

[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 412, 415, 422, 428, 429, "5xx"]

# Without the token it is asked with the cookie that it was given meanwhile, as from elsewhere: 403 is right.
[[operations]]
include-name = "DELETE /v1/session"
checks.missing_required_header.enabled = false

[parameters]
"path.call_id" = { dictionary = "calls", probability = 0.7 }
"path.webhook_id" = { dictionary = "webhooks", probability = 0.7 }
"path.parked_id" = { dictionary = "parked", probability = 0.7 }
"""
ITSELF = "GET /openapi.json"
"""schemathesis leaves out the address that it read"""
REACHED = {
    "POST /v1/calls/{call_id}/hangup": "202",
    "POST /v1/calls": "202",
    "POST /v1/webhooks": "201",
    "POST /v1/test-events": "201",
    "PATCH /v1/webhooks/{webhook_id}": "200",
    "GET /v1/parked/{parked_id}": "200",
    "GET /v1/events": "200",
    "GET /v1/stream": "200",
    "GET /v1/schemas/{type}": "200",
}
"""answers of the good sort that must have been met, or the input has become worthless"""


@pytest.fixture
def site(site: Site) -> Site:
    """The calls of `harmony run --demo`, some that go on, and events that nobody could use."""
    assert site.dsn is not None
    with EventLog(site.dsn) as log:
        for file in sorted((TOP / "bridge" / "demo").glob("*.etf.gz")):
            if not file.name.startswith(tuple(number for number, _, _ in living.CUTS)):
                assert import_file(log, file, None, lambda offset: None).refused is None
        for cut in living.CUTS:
            living.store_until(log, living.SWITCH, *cut)
        log.append([Incoming(living.SWITCH, b"no event %d" % number, 1) for number in range(3)])
    site.ok("project", "--once")
    site.env["HARMONY_SWITCHES"] = living.SWITCH
    site.data.mkdir(parents=True, exist_ok=True)
    (site.data / "registry.ldif").write_bytes((TOP / "rel" / "ldap" / "example.ldif").read_bytes())
    return site


def test_every_operation_answers_as_it_is_described(server: Server, tmp_path: Path) -> None:
    with server.client() as client:
        made = client.post("/v1/webhooks", json={"url": "https://example.com/calls"})
    going_on = [living.TALK, living.HELD, living.RINGING, living.INBOUND, living.MERGED]
    configuration = CONFIGURATION.replace("CALLS", json.dumps(going_on)).replace(
        "WEBHOOK", made.json()["webhook"]["id"]
    )
    (tmp_path / "schemathesis.toml").write_text(configuration)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", tmp_path / "schemathesis.toml"),
        *("run", f"{server.address}/openapi.json", "-H", f"Authorization: Bearer {server.token}"),
        *("--phases", "examples,coverage,fuzzing", "--seed", "1", "-n", EXAMPLES, "--request-timeout", "60"),
        *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
        *("--report", "ndjson", "--report-ndjson-path", tmp_path / "told.ndjson"),
    ]
    done = subprocess.run(
        list(map(str, command)),
        cwd=tmp_path,
        env=server.site.env | {"PYTHONPATH": str(TOP), "PYTHONWARNINGS": ""},
        capture_output=True,
        text=True,
        timeout=500,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    met: dict[str, set[str]] = {}
    for line in (tmp_path / "told.ndjson").read_text().splitlines():
        for scenario in json.loads(line).get("ScenarioFinished", {}).values():
            if isinstance(scenario, dict) and "label" in scenario:
                answers = [one.get("response") for one in scenario.get("interactions", {}).values()]
                statuses = {str(answer["status_code"]) for answer in answers if answer}
                met.setdefault(scenario["label"], set()).update(statuses)
    described = {f"{method.upper()} {path}" for path, item in document()["paths"].items() for method in item}
    assert met.keys() == described - {ITSELF}
    assert {label for label, status in REACHED.items() if status not in met[label]} == set()
