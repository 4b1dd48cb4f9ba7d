"""A database that an earlier version wrote, brought to this one: nothing of it is lost, and everything goes on.

The data are those of `released`, written by the earlier version itself. They are loaded into tables that only that
version's migrations made, so a migration meets rows as it does on a site.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import msgspec
import psycopg
import pytest
from standardwebhooks.webhooks import Webhook as ForeignVerifier

from api.operations.backup import About
from core.backup import Reader
from core.backup.tables import fill, set_sequences
from core.log import EventLog
from core.migrate import found, migrate, pending
from core.zstd import decompress
from projections.callflow import TOPICS, CallFold
from projections.callflow.group import facts_of, restored
from projections.rebuild import Difference, rebuild
from projections.runner import Runner
from tests.api.conftest import Server, Site, until
from tests.api.hooks.conftest import Hooks, receive
from tests.api.hooks.receiver import Receiver
from tests.projections.filling import events_of

__all__ = ["receive"]

pytestmark = pytest.mark.http

RELEASED = Path(__file__).parent / "released"
KEPT = ("log.switch_event", "log.call_event", "calls.call", "calls.fold_state", "auth.token", "hooks.delivery")
"""tables of which no migration may lose a row"""


class Old:
    """An installation of an earlier version, and what that version said of it."""

    def __init__(self, file: Path, data: Path, dsn: str) -> None:
        self.site, self.dsn = Site(data, dsn), dsn
        self.said: Any = json.loads(file.with_suffix(".json").read_text())
        parts: dict[str, bytes] = {}
        for name, piece in Reader(file).parts():
            parts[name] = parts.get(name, b"") + piece
        about = msgspec.json.decode(parts["about"], type=About).database
        ours = {migration.number: migration for migration in found()}
        made_with = [ours[number] for number, _, _ in about.migrations]
        assert [(one.name, one.checksum) for one in made_with] == [(name, sum_) for _, name, sum_ in about.migrations]
        migrate(dsn, made_with)
        with psycopg.connect(dsn) as connection:
            for table in about.tables:
                fill(connection, table, iter([parts[table.part]]))
            set_sequences(connection, about.sequences)
        data.mkdir()
        for name in parts:
            if name.startswith("file/"):
                (data / name.removeprefix("file/")).write_bytes(parts[name])

    def rows(self) -> dict[str, int]:
        """How many rows each table has that must lose none."""
        with psycopg.connect(self.dsn) as connection:
            counted = {name: connection.execute(f"SELECT count(*) FROM {name}".encode()).fetchone() for name in KEPT}
        return {name: row[0] for name, row in counted.items() if row is not None}

    def upgrade(self) -> None:
        """`harmony migrate` of today."""
        self.site.ok("migrate")
        assert pending(self.dsn) == []


@pytest.fixture(params=sorted(RELEASED.glob("*.backup")), ids=lambda path: path.stem)
def old(request: pytest.FixtureRequest, tmp_path: Path, empty_dsn: str) -> Old:
    """Each of the earlier versions, not yet upgraded."""
    return Old(request.param, tmp_path / "data", empty_dsn)


@pytest.fixture
def upgraded(old: Old) -> Old:
    old.upgrade()
    return old


@pytest.fixture
def connection(upgraded: Old) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(upgraded.dsn, autocommit=True) as opened:
        yield opened


def test_calls_and_events_are_as_they_were(old: Old) -> None:
    before = old.rows()
    assert all(before.values()), "there is something of each kind to lose"
    assert pending(old.dsn)
    old.upgrade()
    assert old.rows() == before
    calls = old.site.ok("calls", "list", "--json").json["calls"]
    assert [{name: call.get(name) for name in was} for call, was in zip(calls, old.said["calls"], strict=True)] == (
        old.said["calls"]
    )
    file = old.site.data / "events.etf.gz"
    chain = old.said["chain"]
    assert f"chain {chain['sha256']}" in old.site.ok("events", "export", "-o", file, "--upto", chain["upto"]).out


def test_fold_states_are_read_and_a_live_call_goes_on(upgraded: Old, connection: psycopg.Connection[Any]) -> None:
    states = [decompress(row[0]) for row in connection.execute("SELECT state FROM calls.fold_state").fetchall()]
    for state in states:
        group = restored(state)
        assert group.facts == facts_of(state)
        assert restored(group.rest().head).facts == group.facts
    assert {restored(state).call_id for state in states} <= {call["call_id"] for call in upgraded.said["calls"]}
    (live,) = [call["call_id"] for call in upgraded.said["calls"] if call["live"]]
    head = connection.execute("SELECT max(position) FROM log.switch_event").fetchone()
    with EventLog(upgraded.dsn) as log:
        assert log.append(events_of("01-*")) == len(events_of("01-*")) - 40  # what was stored is known still
        assert head is not None
        assert log.head() > head[0]
    Runner(upgraded.dsn, CallFold, TOPICS).run_once()
    told = upgraded.site.ok("calls", "show", live, "--json").json
    assert (told["state"], told["outcome"]) == ("complete", "answered")
    assert connection.execute("SELECT count(*) FROM log.parked_event").fetchone() == (0,)


def test_a_rebuild_shows_what_this_version_tells_otherwise(upgraded: Old, connection: psycopg.Connection[Any]) -> None:
    documents = "SELECT call_id, document::text FROM calls.call"
    was = dict(connection.execute(documents).fetchall())
    shown: list[Difference] = []
    done = rebuild(upgraded.dsn, CallFold, TOPICS, lambda _: None, shown.append)
    now = dict(connection.execute(documents).fetchall())
    assert (done.calls, done.added, done.gone, done.swapped) == (len(was), 0, 0, True)
    assert {one.call_id for one in shown} == {call for call in was if was[call] != now[call]}


def test_tokens_are_good(upgraded: Old) -> None:
    server = Server(upgraded.site)
    try:
        for text in upgraded.said["tokens"].values():
            with server.client(text) as client:
                answer = client.get("/v1/calls")
                assert answer.status_code == httpx.codes.OK, answer.text
                assert len(answer.json()["calls"]) == len(upgraded.said["calls"])
        with server.client("hmy_another") as client:
            assert client.get("/v1/calls").status_code == httpx.codes.UNAUTHORIZED
    finally:
        assert server.running.stop() == 0, server.running.said


def test_webhooks_deliver_what_was_waiting_with_the_secret_that_they_had(
    upgraded: Old, connection: psycopg.Connection[Any], receive: Callable[..., Receiver]
) -> None:
    receiver = receive()
    row = connection.execute("SELECT count(*) FROM hooks.delivery WHERE state = 'pending'").fetchone()
    assert row is not None
    connection.execute("UPDATE hooks.endpoint SET url = %s", [receiver.url])
    connection.execute("UPDATE hooks.delivery SET next_attempt_at = now()")
    hooks = Hooks(upgraded.dsn, upgraded.site.data, connection)
    hooks.plan()
    sending = hooks.send()
    try:
        got = receiver.wait(lambda got: len(got) >= row[0])
        until(lambda: set(hooks.states()) == {"delivered"}, "all are recorded")
    finally:
        sending.stop()
    assert len(got) == row[0]
    for message in got:
        ForeignVerifier(upgraded.said["secret"]).verify(message.body, message.headers)
