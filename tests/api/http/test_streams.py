"""The three ways into the logs over a real server: what comes, from where, to whom; and what is said when it cannot."""

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from typing import Any

import httpx
import psycopg
import pytest
from httpx_sse import connect_sse
from psycopg.conninfo import make_conninfo
from starlette.requests import HTTPConnection
from websockets import Close
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from api.access.principal import Principal
from api.errors import Forbidden
from api.http.endpoints.streams import FAMILY
from api.http.streams.admission import admitted
from core import cursor
from core.migrate import migrate
from projections.query.events import EventFilter, PublishedEvent, call_events
from tests.api.conftest import PATIENCE, Server, Site

pytestmark = pytest.mark.http
BAD = [
    ("types=call.*x", "'call.*x' is no type of event"),
    ("types=call.nothing", "'call.nothing' is no type of event"),
    ("after=rubbish", "'rubbish' is no cursor"),
    ("direction=up", "there is no 'up'"),
    ("colour=red", "There is no parameter 'colour' here"),
    ("log=switch&queue=support", "queue means nothing for raw switch events"),
]


@pytest.fixture(scope="module")
def shared(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server over three calls, for tests that only read."""
    name = f"test_streams_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    dsn = make_conninfo(postgres, dbname=name)
    migrate(dsn)
    site = Site(tmp_path_factory.mktemp("shared"), dsn)
    site.fill("01", "13", "30")
    server = Server(site)
    yield server
    assert server.running.stop() == 0
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


def published(server: Server, **wanted: Any) -> list[PublishedEvent]:
    """What the database holds."""
    assert server.site.dsn is not None
    with psycopg.connect(server.site.dsn) as connection:
        return call_events(connection, 0, 10_000, EventFilter(**wanted))


def ids(events: list[dict[str, Any]]) -> list[str]:
    return [event["id"] for event in events]


def pull(client: httpx.Client, **asked: Any) -> dict[str, Any]:
    answer = client.get("/v1/events", params=asked)
    assert answer.status_code == 200, answer.text
    page: dict[str, Any] = answer.json()
    return page


def messages(answer: httpx.Response) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Of a stream: the name (`message` for an event), the id, the data."""
    assert answer.status_code == 200, answer.read()
    found: dict[str, str] = {}
    for line in answer.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            found[name] = value
        elif "data" in found:
            yield found.get("event", "message"), found["id"], json.loads(found["data"])
            found = {}


def until_mark(stream: Iterator[tuple[str, str, dict[str, Any]]], mark: str) -> tuple[list[dict[str, Any]], str]:
    """The events up to a mark, and its cursor."""
    events: list[dict[str, Any]] = []
    for name, cursor_, data in stream:
        if name == mark:
            assert data["mark"] == mark
            assert data["cursor"] == cursor_
            return events, cursor_
        if name == "message":
            assert data["cursor"] == cursor_
            events.append(data)
    raise AssertionError(f"it ended without {mark}: {events}")


def socket(server: Server, query: str = "", **more: Any) -> ClientConnection:
    address = server.address.replace("http", "ws", 1)
    more = more or {"additional_headers": {"Authorization": f"Bearer {server.token}"}}
    opened: ClientConnection = connect(f"{address}/v1/ws?{query}", open_timeout=PATIENCE, **more)
    return opened


def end_of(ws: ClientConnection) -> Close:
    """The close frame that the server sent; what came before it is passed over."""
    with suppress(ConnectionClosed):
        while True:
            ws.recv(PATIENCE)
    assert ws.protocol.close_rcvd is not None
    return ws.protocol.close_rcvd


def test_pages_follow_on_each_other_to_the_end(shared: Server) -> None:
    whole = published(shared)
    assert len(whole) > 30
    with shared.client() as client:
        got, after = [], "beginning"
        while True:
            page = pull(client, after=after, limit=7)
            got += page["events"]
            after = page["next"]
            if page["caught_up"]:
                break
            assert len(page["events"]) == 7
        assert ids(got) == [event.event_id for event in whole]
        assert pull(client, after=after) == {"events": [], "next": after, "caught_up": True}
        assert pull(client, after="now")["next"] == after
        assert ids(pull(client, after=got[9]["cursor"], limit=1)["events"]) == [whole[10].event_id]
        assert ids(pull(client, after="1d", limit=1)["events"]) == [whole[0].event_id]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ({"types": "call.answered,call.ended"}, {"types": ("call.answered", "call.ended")}),
        ({"types": "call.*"}, {"types": ("call.*",)}),
        ({"party": "1002"}, {"party": "1002"}),
        ({"user": "1001@alpha.example"}, {"party": "1001@alpha.example"}),
        ({"queue": "support"}, {"queue": "support"}),
        ({"direction": "inbound"}, {"direction": "inbound"}),
        ({"party": "nobody"}, {"party": "nobody"}),
    ],
)
def test_all_ways_in_give_what_the_filter_lets_through(
    shared: Server, query: dict[str, str], wanted: dict[str, Any]
) -> None:
    right = [event.event_id for event in published(shared, **wanted)]
    asked = {"after": "beginning", **query}
    with shared.client() as client:
        assert ids(pull(client, limit=1000, **asked)["events"]) == right
        with client.stream("GET", "/v1/stream", params=asked) as answer:
            assert ids(until_mark(messages(answer), "caught-up")[0]) == right
    with socket(shared, str(httpx.QueryParams(asked))) as ws:
        got = []
        while "mark" not in (message := json.loads(ws.recv(PATIENCE))):
            got.append(message)
        assert message["mark"] == "caught-up"
        assert ids(got) == right


def test_a_call_is_found_by_each_of_its_ids(shared: Server) -> None:
    with shared.client() as client:
        (merged,) = pull(client, types="call.merged", limit=1)["events"]
        names = {merged["subject"], merged["data"]["alias"]} if "alias" in merged["data"] else {merged["subject"]}
        found = [ids(pull(client, call=name, limit=1000)["events"]) for name in names]
        assert found[0]
        assert all(one == found[0] for one in found)


def test_last_event_id_leads_on_and_wins(shared: Server) -> None:
    whole = published(shared)
    with shared.client() as client:
        stood = pull(client, limit=12)["next"]
        with client.stream("GET", "/v1/stream?after=beginning", headers={"Last-Event-ID": stood}) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            events, end = until_mark(messages(answer), "caught-up")
        assert ids(events) == [event.event_id for event in whole[12:]]
        assert pull(client, after="now")["next"] == end


def test_raw_events_come_with_all_their_headers(shared: Server) -> None:
    with shared.client() as client:
        page = pull(client, log="switch", types="freeswitch.CHANNEL_ANSWER", limit=1000)
        assert {event["type"] for event in page["events"]} == {"freeswitch.CHANNEL_ANSWER"}
        first = page["events"][0]
        assert first["data"]["Event-Name"] == "CHANNEL_ANSWER"
        leg = pull(client, log="switch", call=first["data"]["Unique-ID"], limit=1000)["events"]
        assert {event["data"]["Unique-ID"] for event in leg} == {first["data"]["Unique-ID"]}
        assert first["id"] in ids(leg)
        whole = pull(client, log="switch", types="freeswitch.*", limit=1000)["events"]
        with client.stream("GET", "/v1/stream?log=switch&after=beginning") as answer:
            streamed = until_mark(messages(answer), "caught-up")[0]
        assert ids(streamed)[: len(whole)] == ids(whole)


def test_what_is_new_comes_to_all_who_wait(server: Server, filled: Callable[..., Site]) -> None:
    with server.client() as client, socket(server, "batch=true&types=call.*") as ws:
        assert json.loads(ws.recv(PATIENCE))[0]["mark"] == "caught-up"
        with client.stream("GET", "/v1/stream?types=call.ended") as answer:
            stream = messages(answer)
            assert until_mark(stream, "caught-up")[0] == []
            filled("01")
            ended = next(data for name, _, data in stream if name == "message")
        seen: list[dict[str, Any]] = []
        while ended["id"] not in ids(seen):
            seen += [one for one in json.loads(ws.recv(PATIENCE)) if "mark" not in one]
        assert ids(seen) == [event.event_id for event in published(server, types=("call.*",))]
        waited = pull(client, after=seen[-2]["cursor"], wait=20)
        assert waited["events"][0]["id"] == seen[-1]["id"]
        assert pull(client, after="now", wait=0.05)["events"] == []


@pytest.mark.parametrize(("query", "says"), BAD)
def test_what_is_wrong_is_said_before_the_first_byte(shared: Server, query: str, says: str) -> None:
    with shared.client() as client:
        for path in ("/v1/events", "/v1/stream"):
            answer = client.get(f"{path}?{query}")
            assert answer.status_code == 400, path
            assert answer.headers["content-type"] == "application/problem+json"
            assert says in answer.json()["detail"]
    with pytest.raises(InvalidStatus) as refused:
        socket(shared, query)
    assert refused.value.response.status_code == 400
    assert says in json.loads(refused.value.response.body or b"")["detail"]


def test_cursors_of_another_log_or_installation_are_refused(shared: Server) -> None:
    with shared.client() as client:
        other = client.get("/v1/events", params={"after": cursor.cursor("calls", uuid.uuid4(), 1)})
        assert (other.status_code, other.json()["code"]) == (400, "cursor.bad")
        raw = pull(client, log="switch", limit=1)["next"]
        wrong = client.get("/v1/events", params={"after": raw})
        assert wrong.status_code == 400
        assert "of the other log" in wrong.json()["detail"]


def test_what_was_dropped_is_gone_and_the_oldest_cursor_is_told(
    server: Server, filled: Callable[..., Site], connection: psycopg.Connection[Any]
) -> None:
    filled("01")
    with server.client() as client:
        old = pull(client, log="switch", limit=3)["next"]
        connection.execute("DELETE FROM log.switch_event WHERE position <= 20")
        connection.execute("UPDATE log.retention SET floor = 20, dropped = 20")
        for path in ("/v1/events", "/v1/stream"):
            gone = client.get(path, params={"log": "switch", "after": old})
            assert (gone.status_code, gone.json()["code"]) == (410, "cursor.gone")
            oldest = gone.json()["oldest"]
            first = pull(client, log="switch", after=oldest, limit=1)["events"][0]
            assert first["position"] == "21"
        with pytest.raises(InvalidStatus) as refused:
            socket(server, f"log=switch&after={old}")
        assert refused.value.response.status_code == 410
        assert pull(client, log="switch", limit=1)["events"] == [first]  # the beginning is what is there


def test_a_websocket_needs_the_token_and_a_browser_can_give_it(shared: Server) -> None:
    for wrong in (
        {"additional_headers": {"Authorization": "Bearer no"}},
        {"subprotocols": ["harmony.bearer.no"]},
        {"subprotocols": ["harmony.events"]},
    ):
        with pytest.raises(InvalidStatus) as refused:
            socket(shared, **wrong)
        assert refused.value.response.status_code == 401
        assert json.loads(refused.value.response.body or b"")["code"] == "api.unauthorised"
    with socket(shared, subprotocols=["harmony.events", f"harmony.bearer.{shared.token}"]) as ws:
        assert ws.subprotocol == "harmony.events"
        assert json.loads(ws.recv(PATIENCE))["mark"] == "caught-up"
    with socket(shared, subprotocols=[f"harmony.bearer.{shared.token}"]) as ws:
        assert json.loads(ws.recv(PATIENCE))["mark"] == "caught-up"


def test_what_a_client_of_a_websocket_says_is_not_looked_at(shared: Server) -> None:
    whole = published(shared)
    with socket(shared, "after=beginning&batch=true") as ws:
        for _ in range(20):
            ws.send("hello")
        assert len(json.loads(ws.recv(PATIENCE))) == len(whole)
        assert json.loads(ws.recv(PATIENCE))[0]["mark"] == "caught-up"


def test_the_end_of_the_server_is_told_to_all(server: Server, filled: Callable[..., Site]) -> None:
    filled("01")
    with server.client() as client, client.stream("GET", "/v1/stream") as answer, socket(server) as ws:
        stream = messages(answer)
        assert until_mark(stream, "caught-up")[0] == []
        assert json.loads(ws.recv(PATIENCE))["mark"] == "caught-up"
        assert server.running.stop() == 0
        name, _, data = next(one for one in stream if one[0] != "checkpoint")
        assert name == "closed"
        assert data["reason"] == "The server is stopping: connect again with the last cursor."
        closed = end_of(ws)
        assert (closed.code, closed.reason) == (1001, data["reason"])
    assert not any("Exception" in line for line in server.running.said), server.running.said


def test_a_company_sees_its_own_events_and_no_raw_ones() -> None:
    class App:
        class state:
            class services:
                streams = None

    company = Principal("beta", tenant="beta.example")
    scope = {"type": "http", "query_string": b"party=1001", "headers": [], "principal": company, "app": App}
    _, wanted = admitted(HTTPConnection(scope), "now")
    assert wanted.filter == EventFilter(party="1001", tenant="beta.example")
    for record in FAMILY.endpoints:
        record.admit(company, [("log", "calls")])
        for query, who in (([("log", "switch")], company), ([], Principal("reader", scopes=frozenset({"read"})))):
            with pytest.raises(Forbidden):
                record.admit(who, query)


def test_a_foreign_client_of_server_sent_events_reads_every_message(shared: Server) -> None:
    """httpx-sse hands out whatever ends with an empty line: without data nobody could read it."""
    with shared.client() as client, connect_sse(client, "GET", "/v1/stream?after=beginning") as source:
        first, second = islice(source.iter_sse(), 2)
    assert first.retry == 1000
    assert {"id", "source", "data"} <= json.loads(first.data).keys()
    assert {"id", "source", "data"} <= json.loads(second.data).keys()
