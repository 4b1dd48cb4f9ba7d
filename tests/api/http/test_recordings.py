"""Recordings over HTTP: listed for who may hear them, sent in parts, and that somebody listened is kept."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from api.access import store
from api.operations.captures import import_file
from core.log import EventLog
from core.log.operations import operations
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import Server, Site, capture

pytestmark = pytest.mark.http
COMPANY = "alpha.example"
WHERE = "/usr/lib/fs/recordings"


@pytest.fixture
def kept(site: Site, tmp_path: Path) -> Path:
    """Where recordings are reachable; to be asked for before the server."""
    directory = tmp_path / "kept"
    directory.mkdir()
    site.env |= {"HARMONY_RECORDINGS": str(directory), "HARMONY_RECORDINGS_ON_SWITCH": WHERE}
    return directory


def test_who_was_part_of_it_hears_it_in_parts_and_that_is_kept(
    site: Site, kept: Path, server: Server, connection: psycopg.Connection[Any]
) -> None:
    assert site.dsn is not None
    with EventLog(site.dsn) as log:
        import_file(log, capture("36"), None, lambda offset: None)
    Runner(site.dsn, CallFold, TOPICS).run_once()
    row = connection.execute(
        "SELECT c.call_id, c.from_user, s.detail ->> 'file' FROM calls.call c JOIN calls.segment s USING (call_id)"
        " WHERE s.kind = 'record' ORDER BY s.started_at"
    ).fetchone()
    assert row is not None
    call, caller, file = row
    name = Path(file).name
    path = f"/v1/calls/{call}/recordings"
    with server.client(server.token) as operator:
        listed = operator.get(path).json()["recordings"][0]
        assert (listed["name"], listed["size"]) == (name, None)
        assert operator.get(f"{path}/{name}").status_code == 404
    (kept / name).write_bytes(bytes(range(256)) * 1000)
    with (
        server.client(store.log_in(connection, caller, COMPANY, timedelta(hours=1))[1]) as own,
        server.client(store.log_in(connection, "1005@alpha.example", COMPANY, timedelta(hours=1))[1]) as stranger,
        server.client(store.make(connection, "test", "theirs", "beta.example", ("read",))[1]) as other,
    ):
        assert own.get(path).json()["recordings"][0]["size"] == 256_000
        whole = own.get(f"{path}/{name}")
        assert (whole.status_code, len(whole.content), whole.headers["content-type"]) == (200, 256_000, "audio/wav")
        part = own.get(f"{path}/{name}", headers={"Range": "bytes=256-260"})
        assert (part.status_code, part.content, part.headers["content-range"]) == (
            206,
            bytes(range(5)),
            "bytes 256-260/256000",
        )
        fresh = own.get(f"{path}/{name}", headers={"Range": "bytes=0-9", "If-Range": '"other"'})
        assert (fresh.status_code, len(fresh.content)) == (200, 256_000)
        behind = own.get(f"{path}/{name}", headers={"Range": "bytes=256000-"})
        assert (behind.status_code, behind.headers["content-range"]) == (416, "bytes */256000")
        head = own.head(f"{path}/{name}")
        assert (head.status_code, head.headers["content-length"], head.content) == (200, "256000", b"")
        for one in (stranger, other):
            assert one.get(path).status_code == one.get(f"{path}/{name}").status_code == 404
        assert own.get(f"{path}/other.wav").status_code == 404
        assert own.get(f"{path}/..%2F{name}").status_code == 404
    kept_of_it = [one for one in operations(connection) if one.action == "access.listened"]
    assert [(one.by, one.subject, one.tenant) for one in kept_of_it] == [(caller, call, COMPANY)], "once a sitting"
