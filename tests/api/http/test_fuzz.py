"""Garbage over all routes: nothing is answered with 500, nothing ends, nothing grows.

Seconds here. Minutes by hand, with a seed of one's own:
    HARMONY_FUZZ_SECONDS=600 HARMONY_FUZZ_SEED=7 scripts/rings tests/api/http/test_fuzz.py -s
"""

import os
import random
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from api.http.endpoints.families import ENDPOINTS
from tests.api.conftest import Server, Site, until
from tests.api.http.fuzz import Fuzzer, together

pytestmark = pytest.mark.http
SECONDS = float(os.environ.get("HARMONY_FUZZ_SECONDS", "6"))
SEED = int(os.environ.get("HARMONY_FUZZ_SEED", random.randrange(1 << 32)))
AT_ONCE = 6
GROWTH = 64 << 20
"""bytes of memory that caches and the allocator may take"""


def figures(pid: int) -> tuple[int, int, int]:
    """Memory in bytes, open files, threads."""
    status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    files = len(os.listdir(f"/proc/{pid}/fd"))
    return int(status["VmRSS"].split()[0]) << 10, files, int(status["Threads"])


def test_garbage_over_all_routes(filled: Callable[..., Site], server: Server) -> None:
    filled("01", "10")
    pid, random_ = server.running.process.pid, random.Random(SEED)
    fuzzers = [
        Fuzzer(server.port, server.token, [one.path for one in ENDPOINTS], random_.randrange(1 << 32))
        for _ in range(AT_ONCE)
    ]
    _, bad = together(fuzzers, SECONDS / 3)  # what is loaded and made once is there then
    memory, files, threads = figures(pid)
    counts, worse = together(fuzzers, SECONDS)
    assert not bad + worse, (SEED, (bad + worse)[0], [line for line in server.running.said if "rror" in line][-5:])
    with server.client() as client:
        until(lambda: client.get("/livez").status_code == 200 or None, "that it answers")
    until(lambda: figures(pid)[1] <= files + 20 or None, f"that no connection is left (seed {SEED}, {files} files)")
    after = figures(pid)
    grown = f"memory, files, threads: {(memory, files, threads)} -> {after}"
    sys.stdout.write(f"\nseed {SEED}, {SECONDS:g} s, answers {dict(sorted(counts.items()))}; {grown}\n")
    assert after[0] < memory + GROWTH, SEED
    assert after[2] <= threads + 40, SEED  # of the pool of 40
    said = "\n".join(server.running.said)
    assert "Traceback" not in said, f"seed {SEED}: {said[said.find('Traceback') - 500 :][:4000]}"
