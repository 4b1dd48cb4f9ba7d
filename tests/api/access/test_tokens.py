"""Tokens and logins over a real server: made, used, ended everywhere at once."""

import json
import re
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from tests.api.access.test_isolation import QUICKLY, STREAMS, Houses, Listener
from tests.api.conftest import Server, Site, until
from tests.fix_slapd import ADMIN, BASE, PASSWORD, Slapd

pytestmark = pytest.mark.http
EXAMPLE = Path(__file__).parents[3] / "rel" / "ldap" / "example.ldif"
USER, WORD = "1001@alpha.example", "login-alpha-1001"


@pytest.fixture
def registry(site: Site) -> Path:
    """The example as the registry of the site."""
    site.data.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(EXAMPLE, site.data / "registry.ldif"))


@pytest.fixture
def open_client(registry: Path, server: Server) -> Iterator[httpx.Client]:
    """Somebody without a token."""
    with httpx.Client(base_url=server.address, timeout=30, trust_env=False) as client:
        yield client


def made(site: Site, *arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = site.ok("tokens", "make", *arguments, "--json").json
    return found


def status(server: Server, token: str, path: str, method: str = "GET") -> int:
    with server.client(token) as client:
        return client.request(method, path).status_code


def test_a_token_is_made_limited_shown_once_and_revoked(server: Server, site: Site) -> None:
    one = made(site, "crm", "--tenant", "Alpha.example", "--scope", "read", "--days", "2")
    token = one["token"]
    assert one["made"]["tenant"] == "alpha.example"
    assert status(server, token, "/v1/calls") == 200
    assert status(server, token, "/v1/calls?tenant=alpha.example") == 200
    assert status(server, token, "/v1/calls?tenant=beta.example") == 403
    for path in ("/v1/stream", "/v1/live/stream", "/v1/webhooks"):
        assert status(server, token, path) == 403, "it may read alone"
    for path in ("/v1/status", "/v1/operations", "/v1/parked", "/metrics", "/v1/events?log=switch"):
        assert status(server, token, path) == 403, "for operators"
    assert status(server, token, "/v1/calls", "POST") == 403
    shown = site.ok("tokens", "list")
    assert "crm" in shown.out
    assert token not in shown.out + site.ok("tokens", "list", "--json").out
    assert site.run("tokens", "make", "crm").code == 1, "the name is taken"
    for wrong in (("make", "a b"), ("make", "operator"), ("make", "x", "--tenant", "alpha", "--scope", "operate")):
        assert site.run("tokens", *wrong).code == 2
    assert site.run("tokens", "revoke", "nobody").code == 1
    site.ok("tokens", "revoke", "crm")
    until(lambda: status(server, token, "/v1/calls") == 401, "its end")
    assert "revoked" in site.ok("tokens", "list", "--all").out
    assert status(server, made(site, "crm")["token"], "/v1/calls") == 200, "the name is free again"
    assert status(server, token[:-1] + "x", "/v1/calls") == 401
    done = json.loads(site.ok("operations", "list", "--json").out)["operations"]
    assert [one["action"] for one in done if one["action"].startswith("token.")] == [
        "token.made",
        "token.revoked",
        "token.made",
    ]


@pytest.mark.parametrize("way", ["revoked", "expired"])
def test_open_streams_end_with_the_reason(
    server: Server, site: Site, connection: psycopg.Connection[Any], way: str
) -> None:
    one = made(site, "crm", "--tenant", "alpha.example", "--days", "1")
    other = made(site, "other", "--tenant", "alpha.example")
    with ExitStack() as stack:
        houses = Houses(server, {"crm": one["token"], "other": other["token"]}, [], {}, [])
        ending = [Listener(houses, "crm", path, stack) for path in STREAMS[:2]]
        staying = Listener(houses, "other", "/v1/live/stream", stack, b"event: health", b"event: closed")
        address = server.address.replace("http", "ws", 1) + "/v1/ws"
        headers = {"Authorization": f"Bearer {one['token']}"}
        socket = stack.enter_context(connect(address, additional_headers=headers, **QUICKLY))
        if way == "revoked":
            site.ok("tokens", "revoke", "crm")
        else:
            connection.execute("UPDATE auth.token SET expires_at = clock_timestamp() WHERE name = 'crm'")
            connection.execute("UPDATE auth.token_change SET number = number + 1")
        for listener in ending:
            listener.wait()
            assert re.search(rb"closed.*The token (was revoked|has expired)\.", listener.received, re.DOTALL)
        with pytest.raises(ConnectionClosedError, match=r"4003 .*The token"):
            list(socket)
        assert staying.is_alive(), "the others go on"
        assert b"closed" not in staying.received
        assert server.running.stop() == 0
        staying.wait()


def test_users_log_in_with_the_password_of_the_registry(
    open_client: httpx.Client, server: Server, site: Site, registry: Path
) -> None:
    given = open_client.post("/v1/login", json={"user": USER, "password": WORD})
    assert given.status_code == 200, given.text
    told = given.json()
    assert told["tenant"] == "alpha.example"
    assert sorted(told["scopes"]) == ["control", "read", "subscribe"]
    lasting = datetime.fromisoformat(told["expires_at"]) - datetime.now(UTC)
    assert 11 < lasting.total_seconds() / 3600 <= 12
    assert status(server, told["token"], "/v1/live") == 200
    assert status(server, told["token"], "/v1/status") == 403
    assert open_client.post("/v1/logout").status_code == 401
    assert status(server, server.token, "/v1/logout", "POST") == 403, "the installation's own is no login"
    assert status(server, told["token"], "/v1/logout", "POST") == 204
    until(lambda: status(server, told["token"], "/v1/live") == 401, "the end of the login")
    again = open_client.post("/v1/login", json={"user": USER, "password": WORD}).json()["token"]
    assert status(server, again, "/v1/live") == 200
    text = registry.read_text().replace("uid: 1001\n", "uid: 1001\nharmonyEnabled: FALSE\n", 1)
    registry.write_text(text)
    until(lambda: status(server, again, "/v1/live") == 401, "the end of a login whose user is switched off")


def test_wrong_passwords_get_one_answer_and_are_limited(open_client: httpx.Client) -> None:
    wrong = [(USER, "x"), (USER, ""), ("9999@alpha.example", WORD), ("1001@beta.example", WORD), (USER, WORD + " ")]
    answers = [open_client.post("/v1/login", json={"user": u, "password": p}) for u, p in wrong]
    assert {one.status_code for one in answers} == {401}
    assert len({one.content for one in answers}) == 1, "nothing is told of who there is"
    for bad in ({"user": "1001", "password": "x"}, {"user": USER}, {"user": USER, "password": "x" * 300}, ["x"]):
        found = open_client.post("/v1/login", json=bad)
        assert found.status_code == 400
        assert "xxx" not in found.text
    codes = [open_client.post("/v1/login", json={"user": USER, "password": "x"}).status_code for _ in range(12)]
    assert codes[-1] == 429
    refused = open_client.post("/v1/login", json={"user": USER, "password": WORD})
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    assert open_client.post("/v1/login", json={"user": "1002@alpha.example", "password": "login-alpha-1002"}).is_success


def test_a_directory_says_itself_whether_a_password_is_right(slapd: Slapd, site: Site) -> None:
    site.env |= {
        "HARMONY_LDAP_URI": slapd.directory.uri,
        "HARMONY_LDAP_BASE": BASE,
        "HARMONY_LDAP_BIND_DN": ADMIN,
        "HARMONY_LDAP_PASSWORD": PASSWORD,
        "HARMONY_LDAP_CA": str(slapd.directory.ca),
        "PYTHONWARNINGS": "default",  # ldap3 uses old names of pyasn1
    }
    server = Server(site)
    with ExitStack() as stack:
        stack.callback(server.running.stop)
        client = stack.enter_context(httpx.Client(base_url=server.address, timeout=30, trust_env=False))

        def ask(user: str, password: str) -> int:
            return client.post("/v1/login", json={"user": user, "password": password}).status_code

        assert ask("1001@beta.example", "login-beta-1001") == 200
        for user, password in ((USER, "login-beta-1001"), (USER, ""), ("nobody@alpha.example", "x")):
            assert ask(user, password) == 401
        slapd.kill()
        assert ask(USER, WORD) == 503


def test_without_a_registry_nobody_logs_in(server: Server) -> None:
    with httpx.Client(base_url=server.address, trust_env=False) as client:
        assert client.post("/v1/login", json={"user": USER, "password": WORD}).status_code == 403
