"""A real server process: who may ask, what the answers are, and what is said when something is wrong."""

import json
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from core.migrate import migrate
from tests.api.conftest import Server, Site, capture, until
from tests.ports import free_port

pytestmark = pytest.mark.http
DAY = ("01", "03", "04", "10", "13")


@pytest.fixture(scope="module")
def shared(postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over five calls, for tests that only ask."""
    name = f"test_http_{uuid.uuid4().hex}"
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}".encode())
    dsn = make_conninfo(postgres, dbname=name)
    migrate(dsn)
    site = Site(tmp_path_factory.mktemp("shared"), dsn)
    site.fill(*DAY)
    server = Server(site)
    with server.client() as client:
        yield client
    assert server.running.stop() == 0
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


CLOSED = ["/v1/calls", "/v1/calls/x", "/v1/live", "/v1/live/stream", "/metrics", "/v1/schemas", "/nothing"]


@pytest.mark.parametrize("token", ["", "wrong", "ü", "x" * 5000])
def test_nothing_of_calls_is_told_without_the_token(shared: httpx.Client, token: str) -> None:
    with httpx.Client(base_url=shared.base_url) as client:
        for path in CLOSED:
            answer = client.get(path, headers=[(b"Authorization", f"Bearer {token}".encode())] if token else [])
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["code"] == "api.unauthorised"
        assert client.get("/livez").json() == {"status": "ok"}
        assert set(client.get("/readyz").json()) == {"status", "degraded"}


def test_the_token_lies_on_disk_as_a_hash_that_only_the_owner_reads(server: Server) -> None:
    files = [path for path in server.site.data.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert server.token.encode() not in path.read_bytes()
    assert (server.site.data / "token.sha256").stat().st_mode & 0o777 == 0o600


def test_the_page_is_bound_to_its_own_server(shared: httpx.Client) -> None:
    with httpx.Client(base_url=shared.base_url) as client:
        for path in ("/", "/calls/one", "/live"):
            answer = client.get(path)
            assert answer.status_code == 200
            policy = answer.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "require-trusted-types-for 'script'" in policy
            assert "http" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"
            assert b"//cdn" not in answer.content
        assert client.get("/assets/../../etc/passwd").status_code == 401
        # The board that stood here took its token from the fragment: none is carried along.
        assert (client.get("/board").status_code, client.get("/board").headers["location"]) == (308, "/live#")


def test_a_call_is_found_by_its_id_by_an_alias_and_by_a_leg(shared: httpx.Client) -> None:
    (call,) = shared.get("/v1/calls", params={"since": "2026-11-23T08:51:00"}).json()["calls"]
    path = f"/v1/calls/{call['call_id']}"
    answer = shared.get(path)
    assert answer.json() == call
    assert shared.get(path, headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    others = call["aliases"] + [leg["leg_id"] for leg in call["legs"] if leg["leg_id"] != call["call_id"]]
    assert len(others) >= 3
    for other in others:
        moved = shared.get(f"/v1/calls/{other}")
        assert (moved.status_code, moved.headers["location"]) == (308, path)


def test_a_call_that_is_not_there(shared: httpx.Client) -> None:
    missing = shared.get("/v1/calls/no%0a<such>/call")
    assert missing.status_code == 404
    assert missing.json()["code"] == "api.not_found"
    assert r"'no\n<such>/call'" in missing.json()["detail"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, 5),
        ({"number": "1003"}, 2),
        ({"user": "1001@alpha.example"}, 5),
        ({"direction": "internal"}, 5),
        ({"direction": "outbound"}, 0),
        ({"outcome": "busy"}, 1),
        ({"has_transfer": "true"}, 2),
        ({"has_transfer": "false"}, 3),
        ({"answered": "true"}, 3),
        ({"tenant": "alpha.example"}, 5),
        ({"tenant": "beta.example"}, 0),
        ({"live": "true"}, 0),
        ({"min_duration": "7"}, 2),
        ({"max_duration": "7"}, 3),
        ({"since": "2026-11-23T08:51:00"}, 1),
        ({"since": "2026-11-23T09:51:00", "time_zone": "Europe/Berlin"}, 1),
        ({"until": "2026-11-23T08:51:00Z", "outcome": "answered"}, 2),
        ({"queue": "support"}, 0),
    ],
)
def test_filters(shared: httpx.Client, asked: dict[str, str], found: int) -> None:
    assert len(shared.get("/v1/calls", params=asked).json()["calls"]) == found
    assert len(shared.get("/v1/calls", params=asked | {"view": "summary"}).json()["calls"]) == found


def test_pages_follow_on_each_other_without_a_gap(shared: httpx.Client) -> None:
    client = shared
    whole = [call["call_id"] for call in client.get("/v1/calls").json()["calls"]]
    got: list[str] = []
    after = None
    while True:
        page = client.get("/v1/calls", params={"limit": 2} | ({"after": after} if after else {})).json()
        got += [call["call_id"] for call in page["calls"]]
        if not (after := page["next"]):
            break
    assert got == whole
    assert len(whole) == 5


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("outcome=nice", "outcome: there is no 'nice', only answered"),
        ("since=soon", "since: 'soon' is no time"),
        ("limit=0", "limit: '0' is no number from 1 to 500"),
        ("limit=many", "limit"),
        ("min_duration=nan", "min_duration"),
        ("has_transfer=perhaps", "has_transfer"),
        ("colour=red", "There is no parameter 'colour'"),
        ("number=1&number=2", "number is given twice"),
        ("number=%00", "NUL"),
        ("after=garbage", "cursor"),
        ("time_zone=Mars/Olympus&since=today", "time zone"),
        ("view=all", "view"),
    ],
)
def test_what_is_wrong_with_a_question_is_said_in_a_problem_document(
    shared: httpx.Client, query: str, says: str
) -> None:
    answer = shared.get(f"/v1/calls?{query}")
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) >= {"type", "title", "status", "detail", "code"}
    assert says in problem["detail"]


def test_other_methods_and_paths_are_refused(shared: httpx.Client) -> None:
    assert shared.delete("/v1/calls").json()["code"] == "http.405"
    assert shared.get("/v2").json()["code"] == "http.404"


def test_hostile_names_come_through_as_text(filled: Callable[..., Site], client: httpx.Client) -> None:
    filled("45")
    names = {call["from"]["name"] for call in client.get("/v1/calls").json()["calls"]}
    assert '\\"Evil\\" <script>alert(1)</script> \\\\ end' in names or any("<script>" in n for n in names)
    assert any("\r\n" in n for n in names)


def test_the_description_is_true_to_the_routes(filled: Callable[..., Site], client: httpx.Client) -> None:
    from api.http.endpoints.families import ENDPOINTS

    described = client.get("/openapi.json").json()
    assert described["openapi"] == "3.1.0"
    assert set(described["paths"]) == {one.path.replace(":any", "") for one in ENDPOINTS if one.described}
    filled("13", "30")
    schema = described["components"]["schemas"]["Call"]
    for call in client.get("/v1/calls").json()["calls"]:
        assert set(call) <= set(schema["properties"])
        assert set(schema["required"]) <= set(call)
    for parameter in described["paths"]["/v1/calls"]["get"]["parameters"]:
        usual = {"boolean": "true", "number": "1", "integer": "1", "string": None}
        value = parameter["schema"].get("enum", [None])[0] or usual[parameter["schema"].get("type", "string")]
        value = value or {"since": "today", "until": "today", "time_zone": "UTC"}.get(parameter["name"], "x")
        if parameter["name"] != "after":
            answer = client.get("/v1/calls", params={parameter["name"]: value})
            assert answer.status_code == 200, (parameter["name"], answer.text)


def events(response: httpx.Response) -> Any:
    """The messages of a stream: name, id, data."""
    message: dict[str, str] = {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(":")
            message[name] = value.strip()
        elif message:
            yield message["event"], message.get("id"), json.loads(message["data"])
            message = {}


def test_the_stream_is_a_snapshot_and_then_what_changes(server: Server, filled: Callable[..., Site]) -> None:
    with server.client() as client, client.stream("GET", "/v1/live/stream") as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        messages = events(response)
        name, position, data = next(messages)
        assert (name, position, data["position"], data["calls"]) == ("snapshot", "0", 0, [])
        filled("13")
        seen: list[str] = []
        for name, position, data in messages:  # noqa: B007
            seen.append(name)
            if name == "ended":
                break
        assert data["dialled"] == "1002"
        assert int(position) == data["last_position"] or int(position) >= data["last_position"]
        data = next(data for name, _, data in messages if name == "health")  # the heartbeat
        assert {"at", "sent_at", "position", "switches", "problems"} <= set(data)
        assert data["sent_at"] >= data["at"], "a page sets its clock by it"


def test_live_calls_are_told_while_they_live(server: Server, site: Site, connection: psycopg.Connection[Any]) -> None:
    """A capture cut in the middle leaves a call that has not ended."""
    from core.capture import read_capture, write_capture

    half = site.data / "half.etf"
    records = [(r.received_at, r.term) for r in read_capture(capture("01"))]
    write_capture(half, records[:66])
    with server.client() as client:
        site.ok("events", "import", half)
        site.ok("project", "--once")
        (call,) = until(lambda: client.get("/v1/live").json()["calls"], "a live call")
        assert (call["state"], call["ended_at"]) == ("talking", None)
        with client.stream("GET", "/v1/live/stream") as response:
            messages = events(response)
            _, _, snapshot = next(messages)
            assert [c["call_id"] for c in snapshot["calls"]] == [call["call_id"]]
            site.ok("events", "import", capture("01"))
            site.ok("project", "--once")
            last = next(m for m in messages if m[0] == "ended")
            assert last[2]["call_id"] == call["call_id"]
        until(lambda: not client.get("/v1/live").json()["calls"], "no live call")


def test_readyz_and_metrics_say_when_the_fold_lies_behind(
    server: Server, site: Site, client: httpx.Client, connection: psycopg.Connection[Any]
) -> None:
    assert client.get("/readyz").json()["status"] == "ok"
    site.ok("events", "import", capture("01"))
    connection.execute("UPDATE log.switch_event SET stored_at = stored_at - interval '1 minute'")
    health = client.get("/readyz").json()
    assert (health["status"], health["degraded"]) == ("degraded", ["projection.behind"])
    assert "88 events" in health["problems"][0], "the import is an event too"
    figures = dict(line.rsplit(" ", 1) for line in client.get("/metrics").text.splitlines() if line[0] != "#")
    assert figures['harmony_projection_behind_events{projection="calls"}'] == "88"
    assert figures["harmony_log_position"] == "88"
    site.ok("project", "--once")
    assert client.get("/readyz").json()["status"] == "ok"


def test_a_silent_bridge_and_a_lost_link_are_told(client: httpx.Client, connection: psycopg.Connection[Any]) -> None:
    status = '{"switches": [{"switch": "freeswitch@pbx1", "link": "down", "since": "2026-11-23T09:00:00Z"}]}'
    connection.execute(
        "INSERT INTO log.service (name, part, host, pid, started_at, updated_at, status)"
        " VALUES ('bridge a', 'bridge', 'h', 1, now(), now(), %s), ('bridge b', 'bridge', 'h', 2, now(),"
        " now() - interval '1 minute', '{}')",
        [status],
    )
    health = client.get("/readyz").json()
    assert sorted(health["degraded"]) == ["bridge.silent", "link.down"]
    assert any("The link to freeswitch@pbx1 is down since 2026-11-23" in p for p in health["problems"])
    assert health["switches"] == [
        {"switch": "freeswitch@pbx1", "link": "down", "since": "2026-11-23T09:00:00Z", "warnings": []}
    ]
    assert 'harmony_link_up{bridge="a",switch="freeswitch@pbx1"} 0' in client.get("/metrics").text


def followers(client: httpx.Client) -> set[str]:
    """Those in trouble, by /readyz, each with since when and why."""
    found = client.get("/readyz").json()["followers"]
    assert all(one["since"] and one["trouble"] for one in found)
    return {one["follower"] for one in found}


def test_without_its_database_the_server_says_so_and_comes_back(
    server: Server, client: httpx.Client, postgres: str, connection: psycopg.Connection[Any]
) -> None:
    name = connection.info.dbname
    connection.close()
    with psycopg.connect(postgres, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        until(lambda: client.get("/readyz").status_code == 503, "503")
        assert client.get("/readyz").json()["degraded"] == ["database.away"]
        answer = client.get("/v1/calls")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert client.get("/livez").status_code == 200
        figures = client.get("/metrics")
        assert figures.status_code == 200
        assert "\nharmony_database_up 0\n" in figures.text
        until(lambda: followers(client) >= {"tokens", "report", "streams live"}, "who is in trouble")
        with client.stream("GET", "/v1/live/stream") as response:
            _, _, data = next(events(response))
            assert "The database is away" in data["health"]["problems"][0]
        admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    until(lambda: client.get("/readyz").status_code == 200, "ready again")
    until(lambda: client.get("/v1/calls").status_code == 200, "calls again")
    until(lambda: not followers(client), "nobody in trouble")
    assert "\nharmony_database_up 1\n" in client.get("/metrics").text
    assert not any("Exception in ASGI" in line for line in server.running.said), "it was foreseen"


def test_streams_do_not_hold_up_the_end(server: Server) -> None:
    with server.client() as client, client.stream("GET", "/v1/live/stream") as response:
        messages = events(response)
        next(messages)
        assert server.running.stop() == 0
        assert [name for name, _, _ in messages if name != "health"] == ["closed"]


def test_a_taken_address_is_one_sentence(server: Server, site: Site) -> None:
    done = site.run("serve", env={"HARMONY_HTTP_PORT": str(server.port)})
    assert done.code == 1
    assert f"The address 127.0.0.1:{server.port} cannot be used (Address already in use)" in done.err


def test_a_server_of_its_own_makes_its_token_at_the_first_start(site: Site) -> None:
    port = str(free_port())
    running = site.start("serve", env={"HARMONY_HTTP_PORT": port})
    token = running.says(r"Access token: (\S+)")[1]
    running.says("Application startup complete")
    answer = httpx.get(f"http://127.0.0.1:{port}/v1/live", headers={"Authorization": f"Bearer {token}"})
    assert answer.json() == {"position": 0, "current": True, "calls": []}
    assert running.stop() == 0
    again = site.start("serve", env={"HARMONY_HTTP_PORT": port})
    again.says("Application startup complete")
    assert not any("token" in line for line in again.said)
    assert again.stop() == 0
