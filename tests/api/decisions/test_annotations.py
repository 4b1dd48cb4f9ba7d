"""Notes and tags over HTTP: by whom, for whom, published in their place, and taken back."""

import json
from collections.abc import Callable
from typing import Any

import httpx
import psycopg
import pytest

from api.access import store
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.access.companies import ALPHA, BRAVO, fill
from tests.api.conftest import Server

pytestmark = pytest.mark.http
SCOPES = ("read", "subscribe", "control")


class House:
    """A server, a call of ALPHA with two of its people, and clients of whom one likes."""

    def __init__(self, dsn: str, server: Server, connection: psycopg.Connection[Any]) -> None:
        self.dsn, self.server, self.connection = dsn, server, connection
        row = connection.execute(
            "SELECT call_id, from_user FROM calls.call WHERE tenant = %s AND from_user IS NOT NULL AND NOT live"
            " ORDER BY started_at LIMIT 1",
            [ALPHA],
        ).fetchone()
        assert row is not None
        self.call, self.caller = row
        self.path = f"/v1/calls/{self.call}"

    def of(self, name: str, company: str | None = ALPHA, scopes: Any = SCOPES) -> httpx.Client:
        return self.server.client(store.make(self.connection, "test", name, company, scopes)[1])

    def person(self, user: str) -> httpx.Client:
        from datetime import timedelta

        return self.server.client(store.log_in(self.connection, user, ALPHA, timedelta(hours=1))[1])

    def published(self, client: httpx.Client) -> list[dict[str, Any]]:
        Runner(self.dsn, CallFold, TOPICS).run_once()
        answer = client.get("/v1/events", params={"types": "call.noted,call.tagged", "after": "beginning"})
        assert answer.status_code == 200, answer.text
        return list(answer.json()["events"])


@pytest.fixture
def house(dsn: str, server: Server, connection: psycopg.Connection[Any]) -> House:
    fill(dsn)
    return House(dsn, server, connection)


def test_a_note_and_a_tag_are_put_there_seen_published_and_taken_away(house: House) -> None:
    with house.of("crm") as crm:
        made = crm.post(f"{house.path}/notes", json={"text": "Wants to be called back."})
        assert made.status_code == 201, made.text
        note = made.json()
        assert made.headers["location"] == f"{house.path}/notes/{note['note_id']}"
        assert (note["text"], note["by"]) == ("Wants to be called back.", "crm")
        assert crm.post(f"{house.path}/tags", json={"tag": "Rückruf"}).status_code == 201
        assert crm.post(f"{house.path}/tags", json={"tag": "Rückruf"}).status_code == 201, "it has it already"
        seen = crm.get(f"{house.path}/notes").json()
        assert (seen["version"], [tag["tag"] for tag in seen["tags"]]) == (2, ["Rückruf"])
        assert seen["notes"] == [note]
        assert crm.get(f"{house.path}/tags").json() == seen

        assert crm.delete(f"{house.path}/tags/Rückruf").status_code == 204
        assert crm.delete(made.headers["location"]).status_code == 204
        assert crm.delete(made.headers["location"]).status_code == 404
        history = crm.get(f"{house.path}/decisions").json()["decisions"]
        assert [one["kind"] for one in history] == ["note.added", "tag.added", "tag.removed", "note.removed"]
        assert history[-1]["details"]["before"] == note
        back = crm.post(f"{house.path}/decisions/undo")
        assert back.status_code == 200, back.text
        assert back.json()["notes"] == [note], "it is there again as it was"

        told = house.published(crm)
        assert [(one["type"], one["data"]["change"]) for one in told] == [
            ("call.noted", "added"),
            ("call.tagged", "added"),
            ("call.tagged", "removed"),
            ("call.noted", "removed"),
            ("call.noted", "restored"),
        ]
        assert {(one["subject"], one["data"]["call_id"], one["tenant"]) for one in told} == {
            (house.call, house.call, ALPHA)
        }
        assert told[0]["data"]["by"] == "crm"
        assert told[0]["data"]["direction"] == crm.get(house.path).json()["direction"]


def test_who_sees_the_call_sees_them_and_nobody_else(house: House) -> None:
    with house.of("crm") as crm, house.person(house.caller) as his, house.person("1999@alpha.example") as not_his:
        crm.post(f"{house.path}/notes", json={"text": "zebra"})
        assert "zebra" in his.get(f"{house.path}/notes").text
        assert "zebra" in json.dumps(house.published(his))
        for path in ("notes", "tags", "decisions"):
            assert not_his.get(f"{house.path}/{path}").status_code == 404
        assert not_his.post(f"{house.path}/notes", json={"text": "x"}).status_code == 404
        assert house.published(not_his) == []
    with house.of("other", BRAVO) as other:
        for path in ("notes", "tags", "decisions"):
            assert other.get(f"{house.path}/{path}").status_code == 404
        assert other.post(f"{house.path}/notes", json={"text": "x"}).status_code == 404
        assert other.post(f"{house.path}/decisions/undo").status_code == 404
        assert house.published(other) == []
    with house.of("reader", ALPHA, ("read",)) as reader:
        assert "zebra" in reader.get(f"{house.path}/notes").text
        assert reader.post(f"{house.path}/notes", json={"text": "x"}).status_code == 403


def test_a_user_takes_his_own_away_and_not_anothers(house: House) -> None:
    with house.of("crm") as crm, house.person(house.caller) as his:
        theirs = crm.post(f"{house.path}/notes", json={"text": "of the company"}).headers["location"]
        assert his.delete(theirs).status_code == 403
        assert his.post(f"{house.path}/decisions/undo").status_code == 403
        own = his.post(f"{house.path}/notes", json={"text": "mine"})
        assert own.json()["by"] == house.caller
        assert crm.delete(own.headers["location"]).status_code == 204


def test_tags_that_stand_are_offered_to_who_sees_their_calls(house: House) -> None:
    with house.of("crm") as crm, house.of("theirs", BRAVO) as other, house.person(house.caller) as caller:
        for tag in ("VIP", "Rückruf", "gone"):
            assert crm.post(f"{house.path}/tags", json={"tag": tag}).status_code == 201
        assert crm.delete(f"{house.path}/tags/gone").status_code == 204
        house.published(crm)
        offered = {"tags": [{"tag": "Rückruf", "calls": 1}, {"tag": "VIP", "calls": 1}]}
        assert crm.get("/v1/tags").json() == caller.get("/v1/tags").json() == offered
        assert other.get("/v1/tags").json() == {"tags": []}
        assert other.get("/v1/tags", params={"tenant": ALPHA}).status_code == 403
        sees = house.connection.execute(
            "SELECT count(*) FROM calls.search WHERE call_id = %s AND value = '1005@alpha.example'", [house.call]
        ).fetchone()
        assert sees == (0,)
    with house.person("1005@alpha.example") as colleague:
        assert colleague.get("/v1/tags").json() == {"tags": []}


def test_who_decides_on_what_is_past_is_told(house: House) -> None:
    with house.of("crm") as crm:
        first = crm.post(f"{house.path}/tags", json={"tag": "one"}, headers={"If-Match": '"0"'})
        assert first.status_code == 201, first.text
        late = crm.post(f"{house.path}/tags", json={"tag": "two"}, headers={"If-Match": '"0"'})
        assert (late.status_code, late.json()["code"]) == (412, "decision.version-past")
        assert crm.post(f"{house.path}/tags", json={"tag": "two"}, headers={"If-Match": "x"}).status_code == 400
        assert [tag["tag"] for tag in crm.get(f"{house.path}/tags").json()["tags"]] == ["one"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("notes", {}),
        ("notes", {"text": ""}),
        ("notes", {"text": " "}),
        ("notes", {"text": "a\0"}),
        ("notes", {"text": "x", "by": "boss"}),
        ("tags", {"tag": "a b"}),
        ("tags", {"tag": "a/b"}),
        ("tags", {"tag": ""}),
    ],
)
def test_what_is_no_note_or_tag_is_refused(house: House, path: str, body: dict[str, str]) -> None:
    with house.of("crm") as crm:
        assert crm.post(f"{house.path}/{path}", json=body).status_code == 400
        assert crm.get(f"{house.path}/decisions").json()["decisions"] == []


def test_all_of_many_at_once_are_kept(house: House, at_once: Callable[..., list[Any]]) -> None:
    with house.of("crm") as crm:
        answers = at_once(*[lambda n=n: crm.post(f"{house.path}/tags", json={"tag": f"t{n}"}) for n in range(4)])
        assert {answer.status_code for answer in answers} <= {201, 409}
        kept = {tag["tag"] for tag in crm.get(f"{house.path}/tags").json()["tags"]}
        assert kept == {answer.json()["tag"] for answer in answers if answer.status_code == 201}


@pytest.fixture
def at_once() -> Callable[..., list[Any]]:
    from concurrent.futures import ThreadPoolExecutor

    def run(*works: Callable[[], Any]) -> list[Any]:
        with ThreadPoolExecutor(len(works)) as pool:
            return [one.result() for one in [pool.submit(work) for work in works]]

    return run
