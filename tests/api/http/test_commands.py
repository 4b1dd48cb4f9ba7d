"""Commands at a real server: taken once, told about, refused in a sentence whatever is sent."""

import json
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from api.access.principal import Principal, Scope
from api.commands.bodies import CALL_VERBS, ROOM_VERBS
from api.http.app import application
from api.site import Site as Place
from core.commands.orders import Hangup
from core.commands.store import CommandStore
from core.log import EventLog
from core.settings import Settings
from tests.api.commands.living import ALPHA, BETA, CONFERENCE, ENDED, HELD, INBOUND, SWITCH, TALK, TALK_CALLEE, living
from tests.api.conftest import Server, Site, until

pytestmark = pytest.mark.http


@pytest.fixture(scope="module")
def served(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with living(postgres) as dsn:
        site = Site(tmp_path_factory.mktemp("served"), dsn)
        site.env["HARMONY_SWITCHES"] = SWITCH
        server = Server(site)
        yield server
        assert server.running.stop() == 0, server.running.said


@pytest.fixture
def web(served: Server) -> Iterator[httpx.Client]:
    with served.client() as opened:
        yield opened


@pytest.fixture
def store(served: Server) -> Iterator[CommandStore]:
    assert served.site.dsn is not None
    with CommandStore(served.site.dsn) as opened:
        opened.claim([SWITCH], 1000)
        opened.abandoned([SWITCH])  # what other tests left
        yield opened


def refused(answer: httpx.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert (problem["status"], problem["code"]) == (status, code)
    detail = str(problem["detail"])
    assert detail.endswith(".")
    assert "Traceback" not in detail
    return detail


def test_a_command_from_request_to_outcome(web: httpx.Client, store: CommandStore, served: Server) -> None:
    answer = web.post(f"/v1/calls/{TALK}/hangup", json={"party": "1002"})
    assert answer.status_code == 202, answer.text
    taken = answer.json()
    assert taken | {"command_id": "", "deadline": ""} == {
        "command_id": "",
        "kind": "hangup",
        "call_id": TALK,
        "leg": TALK_CALLEE,
        "switch": SWITCH,
        "deadline": "",
    }
    assert taken["deadline"].endswith("Z")
    location = answer.headers["location"]
    assert location == f"/v1/commands/{taken['command_id']}"
    before = web.get(location).json()
    assert (before["state"], before["result"], before["by"], before["tenant"]) == (
        "requested",
        None,
        "operator",
        "alpha.example",
    )
    (command,) = store.claim([SWITCH])
    assert command.order == Hangup(leg=TALK_CALLEE)
    store.accepted(command.command_id)
    store.completed(command.command_id, "failed", "-ERR No such channel!\n")
    after = web.get(location).json()
    assert (after["state"], after["result"], after["said"]) == ("completed", "failed", "-ERR No such channel!\n")
    assert before["requested_at"] == after["requested_at"] < after["sent_at"] < after["completed_at"]
    assert served.site.dsn is not None
    with EventLog(served.site.dsn) as log:
        (told,) = [
            event
            for event in log.read(0, 100_000, ["CUSTOM harmony::command_completed"])
            if event.get("Harmony-Command") == taken["command_id"]
        ]
    assert told.get("Harmony-Said") == "-ERR No such channel!\n"
    figures = web.get("/metrics").text
    assert 'harmony_commands_total{kind="hangup",result="failed"} 1' in figures


def test_one_key_one_command_however_it_is_sent(web: httpx.Client, served: Server, store: CommandStore) -> None:
    answers: list[httpx.Response] = []

    def send() -> None:
        with served.client() as own:
            body = '{"kind":"blind", "to":"1003",\n "party":"1001"}'
            headers = {"Idempotency-Key": "once", "Content-Type": "application/json; charset=utf-8"}
            answers.append(own.post(f"/v1/calls/{TALK}/transfer", content=body, headers=headers))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {202}
    assert len({answer.json()["command_id"] for answer in answers}) == 1
    assert sorted(answer.headers.get("idempotency-replayed", "") for answer in answers) == ["", *["true"] * 5]
    again = web.post(
        f"/v1/calls/{TALK}/transfer",
        json={"to": "1003", "party": "1001", "kind": "blind"},
        headers={"Idempotency-Key": "once"},
    )
    assert again.json() == answers[0].json()
    other = web.post(f"/v1/calls/{TALK}/hangup", json={}, headers={"Idempotency-Key": "once"})
    assert answers[0].json()["command_id"] in refused(other, 422, "command.key-reused")
    assert len(store.claim([SWITCH])) == 1


def test_what_nobody_takes_expires_by_itself(web: httpx.Client, store: CommandStore, served: Server) -> None:
    location = web.post(f"/v1/calls/{HELD}/resume").headers["location"]
    assert served.site.dsn is not None
    with psycopg.connect(served.site.dsn) as connection:
        connection.execute("UPDATE log.command SET deadline = clock_timestamp() WHERE state = 'requested'")
    status = until(lambda: (one := web.get(location).json())["result"] and one, "its outcome")
    assert status["result"] == "expired"


def test_every_kind_is_taken(web: httpx.Client, store: CommandStore) -> None:
    bodies: dict[str, tuple[str, dict[str, Any]]] = {
        "hangup": (TALK, {}),
        "transfer": (INBOUND, {"kind": "attended", "by": "1002", "to": "1003"}),
        "hold": (TALK, {"party": "1001@alpha.example"}),
        "resume": (HELD, {}),
        "park": (TALK, {"party": "1001", "lot": "5901"}),
        "eavesdrop": (TALK, {"user": "1003@alpha.example", "mode": "barge"}),
        "record": (TALK, {"action": "start"}),
        "dtmf": (TALK, {"party": "1002", "digits": "1#", "duration": 100}),
        "messages": (TALK, {"party": "1002", "text": "Zoë\n\t{x}|,"}),
    }
    for verb, (call_id, body) in bodies.items():
        answer = web.post(f"/v1/calls/{call_id}/{verb}", json=body)
        assert answer.status_code == 202, answer.text
    answer = web.post("/v1/calls", json={"from": "1001@alpha.example", "to": "+4989123", "caller_name": "Büro"})
    assert (answer.status_code, answer.json()["call_id"], answer.json()["kind"]) == (202, None, "originate")
    for verb in ROOM_VERBS:
        answer = web.post(f"/v1/conferences/3001/{verb}", json={"leg": CONFERENCE[0]})
        assert (answer.status_code, answer.json()["kind"]) == (202, f"conference.{verb}")
    for command in store.claim([SWITCH], 100):
        leg = "c0" if command.order.__struct_config__.tag == "transfer.attended" else None
        store.accepted(command.command_id, None, leg)
        store.completed(command.command_id, "ok", "+OK")
    settled = web.post(f"/v1/calls/{INBOUND}/transfer/complete")
    assert settled.json()["kind"] == "transfer.complete"
    assert web.post(f"/v1/calls/{INBOUND}/transfer/cancel", json={}).status_code == 202
    stopped = web.post(f"/v1/calls/{TALK}/record", json={"action": "stop"})
    assert stopped.json()["kind"] == "record.stop"


HOSTILE = (
    "1003\n",
    "1003|x",
    "1003,x",
    "^^:x",
    "{a=b}1003",
    "${x}",
    "'x'",
    '"x"',
    "-both",
    "a b",
    "\0",
    "\ud800",
    "é",
    "",
)


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        (f"/v1/calls/{TALK}/transfer", {"kind": "blind", "party": "1001"}, "to"),
        (f"/v1/calls/{TALK}/transfer", {"kind": "blind", "party": "1001", "to": "1"}, "context"),
        (f"/v1/calls/{TALK}/hangup", {}, "cause"),
        (f"/v1/calls/{TALK}/park", {"party": "1001"}, "lot"),
        (f"/v1/calls/{TALK}/dtmf", {"party": "1001"}, "digits"),
        (f"/v1/calls/{TALK}/eavesdrop", {}, "user"),
        (f"/v1/calls/{TALK}/eavesdrop", {"user": "1001@alpha.example"}, "mode"),
        (f"/v1/calls/{TALK}/pickup", {"party": "1001"}, "user"),
        (f"/v1/calls/{TALK}/record", {}, "action"),
        ("/v1/calls", {"to": "1002"}, "from"),
        ("/v1/calls", {"from": "1001@alpha.example"}, "to"),
        ("/v1/calls", {"from": "1001@alpha.example", "to": "1"}, "context"),
    ],
)
def test_hostile_values_are_refused_in_every_field(
    web: httpx.Client, store: CommandStore, path: str, body: dict[str, Any], field: str
) -> None:
    for text in HOSTILE:
        answer = web.post(path, content=json.dumps(body | {field: text}), headers={"Content-Type": "application/json"})
        assert answer.status_code in (400, 422), (text, answer.text)
        refused(answer, answer.status_code, answer.json()["code"])
        assert answer.json()["detail"].isprintable()
    assert store.claim([SWITCH]) == []


@pytest.mark.parametrize("text", ["a\x1b[31m", "a\r\nb", "a\0", "a\u202eb", "", "x" * 2001])
def test_messages_and_names_with_what_phones_must_not_see(web: httpx.Client, text: str) -> None:
    refused(web.post(f"/v1/calls/{TALK}/messages", json={"party": "1001", "text": text}), 422, "command.bad-argument")
    body = {"from": "1001@alpha.example", "to": "1002", "caller_name": text}
    refused(web.post("/v1/calls", json=body), 422, "command.bad-argument")


def test_which_party_and_which_call(web: httpx.Client) -> None:
    detail = refused(web.post(f"/v1/calls/{TALK}/hold", json={}), 409, "command.ambiguous")
    assert TALK_CALLEE in detail
    for name in ("party", "leg"):
        for text in ("1009", "x\n", "\0", "${x}"):
            detail = refused(web.post(f"/v1/calls/{TALK}/hold", json={name: text}), 409, "command.no-leg")
            assert "\n" not in detail
    assert "has ended" in refused(web.post(f"/v1/calls/{ENDED}/hangup"), 409, "command.call-ended")
    for call_id in ("nothing", "a%2Fb", "a%0Ab", "a%00b", "%F0%9F%98%80"):
        refused(web.post(f"/v1/calls/{call_id}/hangup"), 404, "api.not_found")
    refused(web.post("/v1/conferences/3009/kick", json={"party": "1001"}), 404, "api.not_found")
    refused(web.post("/v1/conferences/3001%20x/kick", json={"party": "1001"}), 422, "command.bad-argument")
    refused(web.get("/v1/commands/x"), 404, "api.not_found")
    refused(web.get(f"/v1/commands/{UUID(int=0)}"), 404, "api.not_found")


def test_bodies_that_are_none(web: httpx.Client) -> None:
    address = f"/v1/calls/{TALK}/transfer"
    json_type = {"Content-Type": "application/json"}
    for content in (b"{", b"\xff", b'{"kind":"\xe9"}', b"nothing", b'{"kind":"blind","to":"1"}}'):
        refused(web.post(address, content=content, headers=json_type), 400, "api.bad_argument")
    nothing: list[Any] = []
    for body in (nothing, 1, None, "x", {}, {"kind": "blind"}, {"kind": "x", "to": "1"}, {"kind": "blind", "to": 1003}):
        refused(web.post(address, json=body), 422, "command.bad-body")
    detail = refused(web.post(address, json={"kind": "blind", "to": "1", "partie": "1"}), 422, "command.bad-body")
    assert "partie" in detail
    refused(web.post(address, content=b"kind=blind", headers={"Content-Type": "text/plain"}), 400, "api.bad_argument")
    refused(web.post(address, content=b" " * 70_000, headers=json_type), 413, "command.too-large")
    refused(web.post(address + "?to=1", json={"kind": "blind", "to": "1"}), 400, "api.bad_argument")
    for key in ("", "a b", "x" * 256):
        answer = web.post(address, json={"kind": "blind", "to": "1"}, headers={"Idempotency-Key": key})
        refused(answer, 400, "api.bad_argument")
    twice = [("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
    refused(web.post(address, json={"kind": "blind", "to": "1"}, headers=twice), 400, "api.bad_argument")


def test_without_a_token_and_by_other_methods(web: httpx.Client, served: Server) -> None:
    for path in (f"/v1/calls/{TALK}/hangup", "/v1/calls", "/v1/conferences/3001/kick"):
        assert httpx.post(served.address + path, json={}).status_code == 401
    assert httpx.get(f"{served.address}/v1/commands/{UUID(int=0)}").status_code == 401
    assert web.delete(f"/v1/calls/{TALK}/hangup").status_code == 405
    assert web.get("/v1/calls").status_code == 200
    assert web.get(f"/v1/calls/{TALK}").status_code == 200


def scopes(*names: Scope) -> frozenset[Scope]:
    return frozenset(names)


async def test_a_company_commands_its_own_calls_and_needs_the_scope(
    served: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In this process, since a principal of a company is given by hand."""
    assert served.site.dsn is not None
    place = Place(settings=Settings(data=served.site.data), dsn=served.site.dsn)

    @asynccontextmanager
    async def asked_by(who: Principal) -> AsyncIterator[httpx.AsyncClient]:
        monkeypatch.setattr("api.access.bearers.OPERATOR", who)
        app = application(place)
        headers = {"Authorization": f"Bearer {served.token}"}
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here", headers=headers) as web,
        ):
            yield web

    bodies: dict[str, dict[str, Any]] = {
        "transfer": {"kind": "blind", "to": "1", "party": "1001"},
        "pickup": {"user": "1001@alpha.example"},
        "eavesdrop": {"user": "1001@alpha.example"},
        "record": {"action": "start"},
        "dtmf": {"digits": "1"},
        "messages": {"text": "x"},
    }
    async with asked_by(Principal("desk", "alpha.example", scopes("control", "read"))) as web:
        mine = (await web.post(f"/v1/calls/{ALPHA}/hangup")).json()
        assert (await web.get(f"/v1/commands/{mine['command_id']}")).json()["by"] == "desk"
        for verb in CALL_VERBS:
            answer = await web.post(f"/v1/calls/{BETA}/{verb}", json=bodies.get(verb, {}))
            refused(answer, 404, "api.not_found")
        refused(await web.post("/v1/calls", json={"from": "1001@beta.example", "to": "1"}), 404, "api.not_found")
    async with asked_by(Principal("desk", "beta.example", scopes("control", "read"))) as web:
        refused(await web.get(f"/v1/commands/{mine['command_id']}"), 404, "api.not_found")
        refused(await web.post("/v1/conferences/3001/mute", json={"party": "1001"}), 404, "api.not_found")
    async with asked_by(Principal("board", "alpha.example", scopes("read"))) as web:
        for path in (f"/v1/calls/{ALPHA}/hangup", "/v1/calls", "/v1/conferences/3001/mute"):
            refused(await web.post(path, json={}), 403, "api.forbidden")
        assert (await web.get(f"/v1/commands/{mine['command_id']}")).status_code == 200
