"""Clients that generators write of the description: made without a warning, whole, and good for a real server."""

import subprocess
import sys
from pathlib import Path

import pytest

from api.http.openapi import document
from tests.api.clients.node import CLIENTS, NODE
from tests.api.conftest import Server, Site

pytestmark = pytest.mark.http
OPENAPI = Path(__file__).parents[3] / "api" / "http" / "openapi.json"
TALKS = """
import importlib, pkgutil, sys
import made_client
for module in pkgutil.walk_packages(made_client.__path__, "made_client."):
    importlib.import_module(module.name)
from made_client import AuthenticatedClient
from made_client.api.access import access_whoami
from made_client.api.calls import calls_list
from made_client.models import Problem
with AuthenticatedClient(base_url=sys.argv[1], token=sys.argv[2], raise_on_unexpected_status=True) as client:
    print(access_whoami.sync(client=client).role, len(calls_list.sync(client=client, limit=2).calls))
with AuthenticatedClient(base_url=sys.argv[1], token="no token") as client:
    refused = access_whoami.sync(client=client)
    print(isinstance(refused, Problem), refused.status)
"""

TYPED = """
import type { components, operations, paths } from "./made";
type Is<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
type Answer = operations["calls_list"]["responses"][200]["content"]["application/json"];
export const calls: Is<paths["/v1/calls"]["get"], operations["calls_list"]> = true;
export const ids = (answer: Answer): string[] => answer.calls.map((call) => call.call_id);
export const status = (problem: components["schemas"]["Problem"]): number => problem.status;
// @ts-expect-error there is no such field
export const none = (answer: Answer): string => answer.no_such_field;
"""


def test_openapi_python_client_makes_a_client_that_talks_to_a_server(site: Site, tmp_path: Path) -> None:
    site.fill("01", "03")
    generate = [sys.executable, "-m", "openapi_python_client", "generate", "--fail-on-warning", "--meta", "none"]
    made = _ran([*generate, "--path", str(OPENAPI), "--output-path", str(tmp_path / "made_client")], tmp_path)
    assert "warning" not in made.lower(), made
    there = {file.stem for file in (tmp_path / "made_client" / "api").glob("*/*.py")}
    names = {operation["operationId"] for item in document()["paths"].values() for operation in item.values()}
    assert names <= there, names - there  # none was left out
    server = Server(site)
    try:
        said = _ran([sys.executable, "-W", "error", "-c", TALKS, server.address, server.token], tmp_path)
    finally:
        assert server.running.stop() == 0
    assert said.splitlines() == ["operator 2", "True 401"]


def test_openapi_typescript_makes_types_that_a_strict_compiler_takes(tmp_path: Path) -> None:
    generate = [str(NODE), str(CLIENTS / "node_modules/openapi-typescript/bin/cli.js")]
    said = _ran([*generate, str(OPENAPI), "--output", "made.ts"], tmp_path)
    for sign in ("warn", "error", "\N{WARNING SIGN}", "\N{HEAVY BALLOT X}"):
        assert sign not in said.lower(), said
    made = (tmp_path / "made.ts").read_text()
    names = {operation["operationId"] for item in document()["paths"].values() for operation in item.values()}
    assert not [name for name in names if f"    {name}: {{" not in made]  # none was left out
    (tmp_path / "use.ts").write_text(TYPED)
    compiler = [str(NODE), str(CLIENTS / "node_modules/typescript/bin/tsc"), "--strict", "--noEmit"]
    assert _ran([*compiler, "use.ts", "made.ts"], tmp_path) == ""


def _ran(command: list[str], folder: Path) -> str:
    """What a command said, which must have ended well; generators find ruff beside Python."""
    env = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin", "HOME": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr
