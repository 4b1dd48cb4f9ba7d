"""Same log, same answer, to the byte: in any process, whatever its hash seed, and in whatever order sets come out."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.projections.callflow.folding import SMALL, events_of, fold_all, ndjson

pytestmark = pytest.mark.pure

ROOT = Path(__file__).parents[3]
PROGRAM = "from tests.projections.callflow.test_same_answer import digest; print(digest())"


def digest() -> str:
    """Of all calls, their stored states and their events, over all small captures."""
    whole = hashlib.sha256()
    for name in SMALL:
        store = fold_all(events_of(name))
        whole.update(ndjson(store))
        for call_id, state in store.states.items():
            whole.update(b"".join((call_id.encode(), *state)))
        for event in store.told:
            whole.update(repr(event).encode())
    return whole.hexdigest()


def test_another_process_comes_to_the_same_bytes() -> None:
    found = set()
    for seed in ("0", "1", "4242"):
        told = subprocess.run(
            [sys.executable, "-c", PROGRAM],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
        )
        found.add(told.stdout.strip())
    assert len(found) == 1
