"""The server does what its description says: every operation, with good and with bad input, over the calls of the demo.

schemathesis reads /openapi.json as a client would, makes requests of it, and holds each answer against it.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.http.openapi import document
from api.importing import import_file
from core.log import EventLog
from tests.api.conftest import Server, Site

pytestmark = pytest.mark.http
TOP = Path(__file__).parents[3]
EXAMPLES = 12
"""for an operation, beside those to which the description itself leads"""
CONFIGURATION = """
hooks = "tests.api.http.inputs"
max-stream-events = 1
"""
ITSELF = "GET /openapi.json"
"""schemathesis leaves out the address that it read"""


@pytest.fixture
def site(site: Site) -> Site:
    """The calls of `harmony run --demo`."""
    assert site.dsn is not None
    with EventLog(site.dsn) as log:
        for file in sorted((TOP / "bridge" / "demo").glob("*.etf.gz")):
            assert import_file(log, file, None, lambda offset: None).refused is None
    site.ok("project", "--once")
    return site


def test_every_operation_answers_as_it_is_described(server: Server, tmp_path: Path) -> None:
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
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
    told = [json.loads(line) for line in (tmp_path / "told.ndjson").read_text().splitlines()]
    tried = {event["ScenarioFinished"]["recorder"]["label"] for event in told if "ScenarioFinished" in event}
    described = {f"{method.upper()} {path}" for path, item in document()["paths"].items() for method in item}
    assert tried == described - {ITSELF}
