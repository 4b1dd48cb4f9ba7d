"""Parked events: shown, retried in the log and in the fold, skipped with a reason; each deed is an event in the log."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from api.errors import Settled
from api.operations import parked_decisions
from api.operations.captures import import_file
from api.operations.parked_documents import dump, whole
from core.log import EventLog, Incoming, parked
from core.log.driver import connect
from projections.callflow import TOPICS, CallFold
from projections.callflow.fact import Reading
from projections.rebuild import rebuild
from projections.runner import Runner
from tests.api.conftest import Server, Site, capture
from tests.core.made import SWITCH, event
from tests.projections.filling import READ_MODELS, tables

BROKEN = event(7, "CHANNEL_ANSWER", Caller="1001")[:-9]
_PARK = (
    "INSERT INTO log.parked_event (part, switch, code, reason, content, digest, received_at)"
    " VALUES ('log', %s, 'event.old', 'It was not understood.', %s, sha256(%s), now()) RETURNING parked_id"
)


class Choosy(CallFold):
    """A fold that fails on events of one topic."""

    topic = "CHANNEL_ANSWER"

    def apply(self, reading: Reading) -> None:
        if reading.event.topic == self.topic:
            raise KeyError("no such leg")
        super().apply(reading)


def park(dsn: str, content: bytes) -> int:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(_PARK, (SWITCH, content, content)).fetchone()
    assert row is not None
    return int(row[0])


def deeds(log: EventLog) -> list[dict[str, str | None]]:
    names = ("Harmony-Action", "Harmony-By", "Harmony-Subject", "Harmony-Reason")
    return [{name: event.get(name) for name in names} for event in log.read(0, 1000, ["CUSTOM harmony::operator"])]


@pytest.mark.database
def test_what_is_no_event_stays_parked_until_it_is_understood(log: EventLog, dsn: str) -> None:
    log.append([Incoming(SWITCH, BROKEN, 1)])
    with connect(dsn) as connection:
        (waiting,) = parked.listed(connection)
        shown = whole(waiting)
        assert shown["stopped_at"] is not None
        assert {"name": "Event-Name", "value": "CHANNEL_ANSWER"} in shown["headers"]
        assert base64.b64decode(shown["content_base64"]) == BROKEN
        assert any(line.startswith(">") for line in dump(waiting.content, shown["stopped_at"]))
        done = parked_decisions.retry(dsn, waiting.parked_id, "alice")
        assert (done.result, done.code) == ("still_parked", waiting.code)
        (still,) = parked.listed(connection)
        assert still.attempts == 1
    assert [deed["Harmony-Action"] for deed in deeds(log)] == ["parked.retry"]


@pytest.mark.database
def test_bytes_that_are_understood_now_go_into_the_log_once(log: EventLog, dsn: str) -> None:
    sound = event(9)
    parked_id = park(dsn, sound)
    done = parked_decisions.retry(dsn, parked_id, "alice")
    assert done.result == "stored"
    assert done.position is not None
    found = log.get(done.position)
    assert found is not None
    assert found.term == sound
    with pytest.raises(Settled, match="retried by alice"):
        parked_decisions.retry(dsn, parked_id, "bob")
    again = park(dsn, sound + b"\0")  # stray bytes: the same event
    assert parked_decisions.retry(dsn, again, "bob").result == "there_already"
    assert deeds(log)[0] == {
        "Harmony-Action": "parked.retry",
        "Harmony-By": "alice",
        "Harmony-Subject": f"parked {parked_id}",
        "Harmony-Reason": f"It is in the log at position {done.position}.",
    }


@pytest.mark.database
def test_events_that_the_fold_left_out_are_folded_as_if_in_their_place(new_database: Callable[[], str]) -> None:
    from core.migrate import migrate

    right, late = new_database(), new_database()
    for dsn, fold in ((right, CallFold), (late, Choosy)):
        migrate(dsn)
        with EventLog(dsn) as log:
            for number in ("01", "13", "42"):
                import_file(log, capture(number), None, lambda offset: None)
        Runner(dsn, fold, TOPICS).run_once()
    with connect(late) as connection:
        waiting = parked.listed(connection)
        assert len(waiting) > 5
        assert {one.part for one in waiting} == {"calls"}
        before = connection.execute("SELECT generation FROM log.projection WHERE name = 'calls'").fetchone()
        for one in reversed(waiting):
            assert parked_decisions.retry(late, one.parked_id, "alice").result == "folded"
        assert not parked.listed(connection)
        after = connection.execute("SELECT generation FROM log.projection WHERE name = 'calls'").fetchone()
    assert before is not None
    assert after is not None
    assert int(str(after[0])) == int(str(before[0])) + len(waiting), "who keeps calls in memory starts again"
    assert _documents(late) == _documents(right)
    counted = ("calls.segment", "calls.leg", "calls.offer", "calls.party", "calls.fold_leg", "calls.fold_state")
    assert {k: len(v) for k, v in tables(late, counted).items()} == {
        k: len(v) for k, v in tables(right, counted).items()
    }


def _documents(dsn: str) -> list[dict[str, Any]]:
    """All calls, without what tells when their events arrived."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT document FROM calls.call ORDER BY call_id").fetchall()
    documents: list[dict[str, Any]] = [row[0] for row in rows]
    for document in documents:
        document["first_position"] = document["last_position"] = 0
        document["evidence"] = sorted((one["legs"], one["why"]) for one in document["evidence"])
    return documents


@pytest.mark.database
def test_a_fold_that_still_fails_says_so_and_changes_nothing(
    log: EventLog, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_file(log, capture("01"), None, lambda offset: None)
    Runner(dsn, Choosy, TOPICS).run_once()
    before = tables(dsn, READ_MODELS)
    monkeypatch.setattr(parked_decisions, "CallFold", Choosy)
    with connect(dsn) as connection:
        first = parked.listed(connection)[0]
        done = parked_decisions.retry(dsn, first.parked_id, "alice")
        assert (done.result, done.code) == ("still_parked", "projection.cannot-fold")
        assert parked_decisions.find(connection, first.parked_id).attempts == 1
    assert tables(dsn, READ_MODELS) == before


@pytest.mark.database
def test_a_decision_outlives_a_rebuild(log: EventLog, dsn: str) -> None:
    import_file(log, capture("01"), None, lambda offset: None)
    Runner(dsn, Choosy, TOPICS).run_once()
    with connect(dsn) as connection:
        first, *others = parked.listed(connection)
        parked_decisions.skip(dsn, first.parked_id, "alice", "known")
        rebuild(dsn, Choosy, TOPICS)
        assert len(parked.listed(connection)) == len(others)
        (skipped,) = parked.listed(connection, "skipped")
        assert (skipped.position, skipped.settled_by, skipped.settled_reason) == (first.position, "alice", "known")


@pytest.mark.http
def test_over_http_and_by_command(server: Server, site: Site) -> None:
    assert site.dsn is not None
    first, second = park(site.dsn, BROKEN), park(site.dsn, event(11))
    with server.client() as client:
        listed = client.get("/v1/parked").json()["parked"]
        assert [one["id"] for one in listed] == [first, second]
        assert client.get(f"/v1/parked/{first}").json()["stopped_because"]
        assert client.post(f"/v1/parked/{second}/retry").json()["result"] == "stored"
        assert client.post(f"/v1/parked/{first}/skip", json={"reason": " "}).status_code == 400
        assert client.post(f"/v1/parked/{first}/skip", content=b"{").status_code == 400
        skipped = client.post(f"/v1/parked/{first}/skip", json={"reason": "a test of the trunk"}).json()
        assert (skipped["state"], skipped["settled_reason"]) == ("skipped", "a test of the trunk")
        assert client.post(f"/v1/parked/{first}/skip", json={"reason": "x"}).status_code == 409
        assert client.get("/v1/parked/99").status_code == 404
        assert client.get("/v1/parked/x").status_code == 404
        assert client.get("/v1/parked?state=odd").status_code == 400
        assert client.get("/v1/parked").json() == {"parked": []}
    assert site.ok("parked", "list").out == "No event is parked.\n"
    states = {one["id"]: one["state"] for one in site.ok("parked", "list", "--state", "all", "--json").json["parked"]}
    assert states == {first: "skipped", second: "retried"}
    assert "a test of the trunk" in site.ok("parked", "show", first).out
    third = park(site.dsn, BROKEN + b"x")
    assert site.run("parked", "retry", third).code == 3
    assert site.run("parked", "retry").code == 2
    assert json.loads(site.ok("parked", "skip", third, "--reason", "noise", "--json").out)["state"] == "skipped"
    said = site.ok("operations", "list").out
    assert "parked.skip" in said
    assert "a test of the trunk" in said
    with server.client() as client:
        told = client.get("/v1/operations?action=parked.*&limit=2").json()["operations"]
        assert [one["subject"] for one in told] == [f"parked {third}"] * 2
        assert client.get("/v1/operations?limit=0").status_code == 400
