"""No token of one company ever gets a byte of another: over every route that the application has, whatever is asked.

The routes are taken from the application itself, so that a new one is walked without anybody thinking of it. What is
asked for are the other company's own ids, names, cursors and numbers. Answers are searched as raw bytes; what the
question itself said may be in them.
"""

import json
import random
import re
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote
from uuid import uuid4

import httpx
import msgspec
import psycopg
import pytest
from psycopg.conninfo import make_conninfo
from starlette.routing import Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from api.access import analysts, store
from api.access.principal import OPERATOR, Principal
from api.decisions.annotations import OnCall
from api.http import asyncapi
from api.http.app import application
from api.http.openapi import document
from api.site import Site as Place
from core.commands.orders import Hangup, Originate
from core.commands.store import CommandStore
from core.cursor import cursor
from core.log import EventLog
from core.operating import record_action
from core.settings import Settings
from projections.callflow import TOPICS, CallFold
from projections.query import VIEWS, CallFilter, export_csv, export_documents
from projections.runner import Runner
from tests.api.access.companies import ALPHA, BRAVO, GAMMA, LIVE, MARKS, begun, both, fill
from tests.api.conftest import PATIENCE, Server, Site
from tests.api.hooks.conftest import Hooks
from tests.api.hooks.receiver import Receiver

pytestmark = pytest.mark.http
ROUNDS = 5
"""times that each method of each route is asked"""
SILENCE = 0.3
"""seconds without a byte after which a stream is left"""
PERSON = f"1001@{ALPHA}"
"""a user who has logged in"""
SUPERVISOR, ADMIN, SUPPORT = f"1005@{ALPHA}", f"1006@{ALPHA}", f"1003@{GAMMA}"
"""of the queue support; of the company; of the installation (rel/ldap/example.ldif)"""
EXAMPLE = Path(__file__).parents[3] / "rel" / "ldap" / "example.ldif"
SCOPES = ("read", "subscribe", "control")


class Houses(NamedTuple):
    """What there is in the database, and who may see what."""

    server: Server
    tokens: dict[str, str]
    """of alpha, bravo, gamma, and `operator`"""
    pool: list[str]
    """ids, names, numbers, cursors of all companies"""
    webhooks: dict[str, str]
    foreign: list[list[str]]
    """ids of BRAVO, by their kinds"""


@pytest.fixture
def houses(dsn: str, site: Site, hooks: Hooks, connection: psycopg.Connection[Any]) -> Iterator[Houses]:
    fill(dsn)
    webhooks = {}
    for company in (ALPHA, BRAVO, GAMMA):
        who = Principal("somebody", company)
        secret = "zq-secret" if company == BRAVO else "other"
        made, _ = hooks.make(f"http://127.0.0.1:9/{secret}", who, description=secret, after="beginning")
        webhooks[company] = str(made.id)
        _command(dsn, connection, company, secret)
        _annotations(connection, company, secret)
        record_action(connection, "test", OPERATOR.name, f"subject {secret}", f"because of {secret}", tenant=company)
    with EventLog(dsn) as log:
        log.append([msgspec.structs.replace(begun("01-*", b"eeee")[0], term=b"\x83h\x02zq-secret Zqxvj")])
    Runner(dsn, CallFold, TOPICS).run_once()
    hooks.plan()
    tokens = {
        company: store.make(connection, "test", name, company, SCOPES)[1]
        for company, name in ((ALPHA, "crm"), (BRAVO, "zq-secret"), (GAMMA, "other"))
    }
    for person in (PERSON, SUPERVISOR, ADMIN, SUPPORT):
        company = person.partition("@")[2]
        tokens[person] = store.log_in(connection, person, company, timedelta(hours=1))[1]
    _registry(site.data)
    server = Server(site)
    yield Houses(server, tokens | {"operator": server.token}, _pool(connection), webhooks, _foreign(connection))
    assert server.running.stop() == 0, server.running.said


def _registry(data: Path) -> None:
    """The example, with BRAVO in the place of beta.example."""
    data.mkdir(parents=True, exist_ok=True)
    text = EXAMPLE.read_text(encoding="utf-8").replace("beta.example", BRAVO).replace("Beta", "Zqxvj")
    (data / "registry.ldif").write_text(text, encoding="utf-8")


def _command(dsn: str, connection: psycopg.Connection[Any], company: str, secret: str) -> None:
    row = connection.execute("SELECT call_id FROM calls.call WHERE tenant = %s AND live LIMIT 1", [company]).fetchone()
    with CommandStore(dsn) as commands:
        order = Originate(from_user=f"1001@{company}", to="1002", context=company, caller_name=secret, timeout=30)
        commands.request(order, switch="freeswitch@pbx1", tenant=company, by=secret)
        if row is not None:
            commands.request(
                Hangup(leg=row[0], cause="NORMAL_CLEARING"), switch="x@y", tenant=company, by=secret, call_id=row[0]
            )


def _annotations(connection: psycopg.Connection[Any], company: str, secret: str) -> None:
    some = "SELECT call_id FROM calls.call WHERE tenant = %s ORDER BY call_id LIMIT 3"
    rows = connection.execute(some, [company]).fetchall()
    for (call_id,) in rows:
        call = OnCall(connection, Principal(secret, company), call_id)
        call.add_note(f"note {secret}", None)
        call.add_tag(f"tag-{secret}", None)


def _foreign(connection: psycopg.Connection[Any]) -> list[list[str]]:
    """Ids of BRAVO by their kinds, so that each kind is tried in each place."""
    kinds = []
    for query in (
        "SELECT call_id FROM calls.call WHERE tenant = %s AND live",
        "SELECT call_id FROM calls.call WHERE tenant = %s AND NOT live",
        "SELECT leg_id FROM calls.leg JOIN calls.call USING (call_id) WHERE tenant = %s",
        "SELECT command_id::text FROM log.command WHERE tenant = %s",
        "SELECT endpoint_id::text FROM hooks.endpoint WHERE tenant = %s",
        "SELECT delivery_id::text FROM hooks.delivery JOIN hooks.endpoint USING (endpoint_id) WHERE tenant = %s",
        "SELECT token_id::text FROM auth.token WHERE tenant = %s",
        "SELECT convert_from(state, 'UTF8')::json ->> 'note_id' FROM log.decision"
        " WHERE topic = 'note.added' AND tenant = %s",
        "SELECT from_user FROM calls.call WHERE tenant = %s AND from_user IS NOT NULL",
        "SELECT DISTINCT subject FROM log.call_event WHERE tenant = %s",
    ):
        kinds.append([str(row[0]) for row in connection.execute(query.encode(), [BRAVO]).fetchall()])
        assert kinds[-1], query
    return [*kinds, ["3001", f"3001-{BRAVO}"], ["support", f"support@{BRAVO}"], [BRAVO]]


def _untouched(connection: psycopg.Connection[Any]) -> list[Any]:
    """What others could have changed of BRAVO's."""
    found: list[Any] = []
    for query in (
        "SELECT e::text FROM hooks.endpoint e WHERE tenant = %s ORDER BY 1",
        "SELECT count(*) FROM log.command WHERE tenant = %s",
        "SELECT count(*) FROM log.decision WHERE tenant = %s",
        "SELECT count(*) FROM hooks.delivery JOIN hooks.endpoint USING (endpoint_id) WHERE tenant = %s",
        "SELECT count(*) FROM auth.token WHERE tenant = %s AND revoked_at IS NULL",
        "SELECT count(*) FROM hooks.test_event WHERE tenant = %s",
    ):
        found += connection.execute(query.encode(), [BRAVO]).fetchall()
    return found


def _pool(connection: psycopg.Connection[Any]) -> list[str]:
    """Whatever somebody of another company might have heard of, and a little of everybody's own."""
    found: set[str] = set()
    for query in (
        "SELECT call_id FROM calls.call",
        "SELECT leg_id FROM calls.leg",
        "SELECT alias FROM calls.alias",
        "SELECT value FROM calls.search",
        "SELECT party FROM calls.party",
        "SELECT subject FROM log.call_event",
        "SELECT command_id::text FROM log.command",
        "SELECT endpoint_id::text FROM hooks.endpoint",
        "SELECT delivery_id::text FROM hooks.delivery",
        "SELECT token_id::text FROM auth.token",
        "SELECT DISTINCT switch FROM log.switch_run",
    ):
        found |= {str(row[0]) for row in connection.execute(query.encode()).fetchall()}
    row = connection.execute("SELECT id FROM log.installation").fetchone()
    assert row is not None
    cursors = {cursor(log, row[0], position) for log in ("calls", "switch") for position in (0, 40, 700, 1500)}
    mine = {
        ALPHA,
        BRAVO,
        GAMMA,
        "support",
        f"support@{BRAVO}",
        "3001",
        f"3001-{BRAVO}",
        "1001",
        f"1001@{BRAVO}",
        "*",
        "1",
    }
    return sorted(found | cursors | mine)


DESCRIBED = document()
PARAMETERS = sorted(
    {
        parameter["name"]
        for path in DESCRIBED["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
        for parameter in operation.get("parameters", ())
        if parameter.get("in") == "query"
    }
    | {"tenant", "domain", "company", "id", "call_id", "q"}
)
FIXED = {
    "after": ["beginning", "now", "2026-11-23T08:00"],
    "log": ["calls", "switch"],
    "at": ["1000", "3000", "2026-11-23T08:57:00Z"],
    "limit": ["1", "500"],
    "view": ["summary", "document"],
    "types": ["call.*", "queue.*", "*", "command.*,operator.*"],
    "live": ["true", "false"],
    "has_transfer": ["true"],
    "answered": ["true", "false"],
    "wait": ["0"],
    "state": ["all", "dead", "pending"],
    "since": ["2020-01-01"],
    "until": ["2030-01-01"],
    "direction": ["internal", "inbound"],
    "batch": ["true", "false"],
    "people": ["true", "false"],
}
"""values that are understood, where any text would be refused before anything is looked for"""


class Question(NamedTuple):
    method: str
    path: str
    query: dict[str, str]
    body: dict[str, Any] | None

    @property
    def said(self) -> bytes:
        return json.dumps([self.path, self.query, self.body], ensure_ascii=False).encode()


def questions(
    routes: list[Route | WebSocketRoute], houses: Houses, chance: random.Random, rounds: int
) -> Iterator[Question]:
    """Each method of each route, with what there is in whatever place; and with each kind of the other's ids in it."""
    for route in routes:
        methods = sorted((route.methods or set()) - {"HEAD"}) if isinstance(route, Route) else ["GET"]
        queries = _queries(route.path)
        pools = [houses.pool] * rounds
        if route.param_convertors and rounds == ROUNDS:
            pools += houses.foreign
        for method in methods:
            for turn, pool in enumerate(pools):
                path = route.path
                for name in route.param_convertors:
                    path = re.sub("{" + name + "(:\\w+)?}", quote(chance.choice(pool), safe=""), path)
                names = chance.sample(queries, k=min(turn, len(queries))) if turn < rounds else []
                query = {name: chance.choice(FIXED.get(name, houses.pool)) for name in names}
                if turn <= 1 and "after" in queries and "log" in queries:
                    query = {"after": "beginning"}
                body = _body(route.path, houses.pool, chance) if turn < rounds else {}
                yield Question(method, path, query, None if method == "GET" else body)


def _body(path: str, pool: list[str], chance: random.Random) -> dict[str, Any]:
    return {name: chance.choice(pool) for name in _properties(path) if chance.random() < 0.4}


def _queries(path: str) -> list[str]:
    """The parameters that a path is described with, and for one that is not described all that there are."""
    described = DESCRIBED["paths"].get(path.replace(":any", ""))
    if described is None:
        return PARAMETERS
    return sorted({p["name"] for o in described.values() for p in o.get("parameters", ()) if p.get("in") == "query"})


def _properties(path: str) -> list[str]:
    """What a body may have."""
    described = DESCRIBED["paths"].get(path.replace(":any", ""), {})
    names = {"tenant", "user", "leg", "party"}
    for operation in described.values():
        for content in operation.get("requestBody", {}).get("content", {}).values():
            reference = content.get("schema", {}).get("$ref", "").rpartition("/")[2]
            names |= set(DESCRIBED["components"]["schemas"].get(reference, {}).get("properties", ()))
    return sorted(names)


def ask(client: httpx.Client, token: str, question: Question) -> bytes:
    """The raw bytes of an answer, headers and all; of a stream what comes until it is silent."""
    method, path, query, body = question
    headers = {"Authorization": f"Bearer {token}"}
    request = client.build_request(method, path, params=query, json=body, headers=headers)
    answer = client.send(request, stream=True)
    received = bytearray(b"%d " % answer.status_code)
    for name, value in answer.headers.raw:
        received += name + b": " + value + b"\n"
    if "event-stream" in answer.headers.get("content-type", ""):
        request.extensions["timeout"]["read"] = SILENCE
    with suppress(httpx.ReadTimeout):
        for piece in answer.iter_raw():
            received += piece
    answer.close()
    return bytes(received)


def ask_socket(client: httpx.Client, token: str, question: Question) -> bytes:
    """The same of a WebSocket."""
    received = bytearray()
    query = httpx.QueryParams(question.query)
    address = f"ws{str(client.base_url).removeprefix('http').rstrip('/')}{question.path}?{query}"
    try:
        with connect(address, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None) as socket:
            with suppress(TimeoutError, ConnectionClosed):
                while True:
                    message = socket.recv(SILENCE)
                    received += message.encode() if isinstance(message, str) else message
    except InvalidStatus as refused:
        received += refused.response.body or b""
    return bytes(received)


def marks_in(received: bytes, said: bytes = b"", marks: Collection[bytes] = MARKS) -> list[bytes]:
    return [mark for mark in marks if mark in received and mark not in said]


def walked(
    houses: Houses, place: Place, whose: str, seed: int, rounds: int = ROUNDS, marks: Collection[bytes] = MARKS
) -> dict[str, list[bytes]]:
    """Ask everything; what was found of BRAVO (or of other marks), by question."""
    app = application(place)
    routes = [route for route in app.routes if isinstance(route, Route | WebSocketRoute)]
    assert len(routes) == len(app.routes), "every route is of a kind that is walked"
    sockets = {route.path for route in routes if isinstance(route, WebSocketRoute)}
    found = {}
    with httpx.Client(base_url=houses.server.address, timeout=30, trust_env=False) as client:
        for question in questions(routes, houses, random.Random(seed), rounds):
            if question.path == "/v1/logout" and "@" in whose:
                continue  # all that follows would be refused
            way = ask_socket if question.path in sockets else ask
            received = way(client, houses.tokens[whose], question)
            if seen := marks_in(received, question.said, marks):
                found[f"{question.method} {question.path} {question.query} {question.body}"] = seen
    return found


@pytest.fixture
def place(dsn: str, tmp_path: Path) -> Place:
    return Place(settings=Settings(data=tmp_path / "data", dsn=dsn), dsn=dsn)


def test_no_route_gives_or_takes_a_byte_of_another_company(
    houses: Houses, place: Place, connection: psycopg.Connection[Any], record_property: Any
) -> None:
    seed = random.randrange(1 << 30)
    record_property("seed", seed)
    before = _untouched(connection)
    assert walked(houses, place, ALPHA, seed) == {}, seed
    assert walked(houses, place, PERSON, seed + 1, 2) == {}, seed
    assert walked(houses, place, GAMMA, seed + 2, 2) == {}, seed
    assert _untouched(connection) == before
    # The walk can fail: it finds what there is to be found.
    for whose in (BRAVO, "operator"):
        found = walked(houses, place, whose, seed, 2)
        for path in WITH_DATA:
            assert any(f" {path} " in question for question in found), (whose, path)


def not_theirs(connection: psycopg.Connection[Any], users: list[str], queues: list[str]) -> list[bytes]:
    """Ids of the company's calls, their legs and commands, that are neither of these users nor of these queues."""
    own = """
        SELECT call_id FROM calls.call c WHERE tenant = %(company)s AND (from_user = ANY(%(users)s)
            OR EXISTS (SELECT FROM calls.party p WHERE p.call_id = c.call_id AND p."user" = ANY(%(users)s))
            OR EXISTS (SELECT FROM calls.segment s WHERE s.call_id = c.call_id AND s.kind = 'queue'
                       AND s.parties && %(queues)s))
    """
    ids = f"""
        SELECT call_id FROM calls.call WHERE tenant = %(company)s AND call_id NOT IN ({own})
        UNION SELECT leg_id FROM calls.leg JOIN calls.call USING (call_id)
            WHERE tenant = %(company)s AND call_id NOT IN ({own})
        UNION SELECT command_id::text FROM log.command WHERE tenant = %(company)s AND call_id IS NOT NULL
    """
    asked = {"company": ALPHA, "users": users, "queues": [f"queue:{queue}" for queue in queues]}
    documents = connection.execute(f"SELECT document::text FROM calls.call WHERE call_id IN ({own})".encode(), asked)
    told = " ".join(row[0] for row in documents.fetchall())
    told += json.dumps(asyncapi.document())  # its examples are recorded calls
    found = [row[0].encode() for row in connection.execute(ids.encode(), asked).fetchall() if row[0] not in told]
    assert found
    return found


PEOPLE: tuple[tuple[str, list[str], list[str]], ...] = (
    (PERSON, [PERSON], []),
    (SUPERVISOR, [SUPERVISOR, f"1003@{ALPHA}", f"1004@{ALPHA}"], ["support"]),
)


def test_no_route_gives_a_person_a_byte_of_calls_that_are_not_his(
    houses: Houses, place: Place, connection: psycopg.Connection[Any], record_property: Any
) -> None:
    seed = random.randrange(1 << 30)
    record_property("seed", seed)
    for person, users, queues in PEOPLE:
        marks = not_theirs(connection, users, queues)
        assert walked(houses, place, person, seed, 2, marks) == {}, (seed, person)
        for whose in (ADMIN, SUPPORT):  # the walk can fail
            found = walked(houses, place, whose, seed, 1, marks)
            assert any(" /v1/calls " in question for question in found), whose
        # And it finds what is his.
        with houses.server.client(houses.tokens[person]) as client:
            assert client.get("/v1/calls").json()["calls"], person
            assert client.get("/v1/events?types=call.*").json()["events"], person
    assert walked(houses, place, ADMIN, seed, 1) == {}, "an admin has one company"


QUICKLY: dict[str, Any] = {"proxy": None, "close_timeout": 0.2}
STREAMS = ("/v1/live/stream", "/v1/stream", "/v1/ws")
WITH_DATA = (
    "/v1/calls",
    "/v1/call-export",
    "/v1/live",
    "/v1/people",
    "/v1/live/stream",
    "/v1/events",
    "/v1/stream",
    "/v1/ws",
    "/v1/webhooks",
)


class Listener(threading.Thread):
    """Reads a stream from now on, until all marks came, or it ends."""

    def __init__(self, houses: Houses, whose: str, path: str, stack: ExitStack, *marks: bytes) -> None:
        super().__init__(daemon=True)
        self.whose, self.path, self.marks = whose, path, marks
        self.received = bytearray()
        headers = {"Authorization": f"Bearer {houses.tokens[whose]}"}
        if path == "/v1/ws":
            address = houses.server.address.replace("http", "ws", 1)
            socket = stack.enter_context(connect(f"{address}{path}", additional_headers=headers, **QUICKLY))
            self._pieces: Iterator[str | bytes] = iter(socket)
        else:
            client = httpx.Client(base_url=houses.server.address, headers=headers, timeout=30, trust_env=False)
            answer = stack.enter_context(stack.enter_context(client).stream("GET", path))
            assert answer.status_code == 200
            self._pieces = answer.iter_raw()
        self.start()

    def run(self) -> None:
        with suppress(httpx.HTTPError, httpx.StreamError, ConnectionClosed, OSError):
            for piece in self._pieces:
                self.received += piece.encode() if isinstance(piece, str) else piece
                if self.marks and all(mark in self.received for mark in self.marks):
                    return

    def wait(self) -> None:
        self.join(PATIENCE)
        assert not self.is_alive(), f"{self.marks!r} for {self.whose} on {self.path}"


def test_open_streams_webhooks_exports_and_views_hold_to_it(
    houses: Houses, dsn: str, connection: psycopg.Connection[Any], hooks: Hooks, receive: Callable[..., Receiver]
) -> None:
    receivers = {company: receive() for company in (ALPHA, BRAVO)}
    for company, receiver in receivers.items():
        hooks.make(receiver.url, Principal("somebody", company), after="beginning")
    with ExitStack() as stack:
        listeners = [
            Listener(houses, whose, path, stack, b"-c000-", b"-c002-") for whose in (ALPHA, BRAVO) for path in STREAMS
        ]
        with EventLog(dsn) as log:
            for number, pattern in enumerate(LIVE):
                both(log, begun(pattern, b"c%03d" % number))
        Runner(dsn, CallFold, TOPICS).run_once()
        hooks.plan()
        hooks.send()
        for one in listeners:
            one.wait()
            assert bool(marks_in(bytes(one.received))) == (one.whose == BRAVO), (one.whose, one.path)
    for company, receiver in receivers.items():
        got = receiver.wait(lambda messages: any(b"-c002-" in message.body for message in messages))
        assert bool([mark for one in got for mark in marks_in(one.body)]) == (company == BRAVO)
    for company in (ALPHA, BRAVO):
        written = b"".join(export_documents(connection, CallFilter(tenant=company)))
        for view in VIEWS:
            written += b"".join(export_csv(connection, view, CallFilter(tenant=company)))
        assert bool(marks_in(written)) == (company == BRAVO)
    _views(dsn, connection)


def _views(dsn: str, connection: psycopg.Connection[Any]) -> None:
    """Whatever relation there is, asked by an analyst of ALPHA, by one of BRAVO."""
    relations = connection.execute(
        "SELECT format('%I.%I', schemaname, name) FROM (SELECT schemaname, tablename AS name FROM pg_tables"
        " UNION ALL SELECT schemaname, viewname FROM pg_views) AS r ORDER BY 1"
    ).fetchall()
    connection.execute("ANALYZE")
    for company in (ALPHA, BRAVO):
        one, password = analysts.add(connection, "test", company, f"ada-{uuid4()}")
        try:
            seen = bytearray()
            with psycopg.connect(make_conninfo(dsn, user=one.role, password=password), autocommit=True) as session:
                for (relation,) in relations:
                    with suppress(psycopg.Error):
                        rows = session.execute(f"SELECT r::text FROM {relation} r".encode()).fetchall()
                        seen += "\n".join(str(row[0]) for row in rows).encode()
            assert bool(marks_in(bytes(seen))) == (company == BRAVO)
            assert b"answered" in seen
        finally:
            analysts.remove(connection, "test", one.role)
