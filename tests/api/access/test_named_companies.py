"""A company or a user that nobody knows is refused wherever one is named, and what a token gives is told as it is."""

import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import psycopg
import pytest

from api.access.companies import company, registry_now
from api.errors import NotFound
from core.registry.snapshot import EMPTY
from core.settings import load
from tests.api.conftest import Server, Site
from tests.core.registry.examples import EXAMPLE

ALICE = "1001@alpha.example"


def with_registry(site: Site) -> Site:
    site.data.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLE, site.data / "registry.ldif")
    return site


@pytest.mark.database
def test_a_misspelt_company_is_refused_by_every_command(filled: Callable[..., Site]) -> None:
    site = with_registry(filled("01"))
    for command in (
        ("tokens", "make", "crm", "--tenant", "alhpa.example"),
        ("tokens", "make", "crm", "--user", "1001@alhpa.example"),
        ("analysts", "add", "alhpa.example", "ada"),
        ("trigger", "call.ended", "--tenant", "alhpa.example"),
        ("webhooks", "create", "https://example.com/hook", "--tenant", "alhpa.example"),
        ("calls", "list", "--tenant", "alhpa.example"),
        ("calls", "export", "--tenant", "alhpa.example"),
        ("calls", "live", "--tenant", "alhpa.example"),
        ("calls", "live", "--at", "3", "--tenant", "alhpa.example"),
    ):
        done = site.run(*command)
        assert (done.code, done.out) == (1, ""), command
        assert "There is no company 'alhpa.example'" in done.err or "no company 'alhpa.example'" in done.err, command
        assert "the nearest name there is alpha.example" in done.err
    assert len(site.ok("calls", "list", "--tenant", "Alpha.example", "--json").json["calls"]) == 1
    assert site.ok("calls", "list", "--tenant", "beta.example", "--json").json["calls"] == []


@pytest.mark.database
def test_a_company_that_only_calls_know_and_any_without_a_registry(
    filled: Callable[..., Site], connection: psycopg.Connection[object], tmp_path: Path
) -> None:
    site = filled("01")
    assert company(connection, EMPTY, "nobody.example") == "nobody.example"
    registry = registry_now(load({"HARMONY_REGISTRY": str(EXAMPLE)}))
    connection.execute("UPDATE calls.call SET tenant = 'delta.example'")
    assert company(connection, registry, "Delta.example") == "delta.example"
    with pytest.raises(NotFound, match="harmony registry show"):
        company(connection, registry, "quite-another.test")
    assert site.ok("tokens", "make", "crm", "--user", "9@nobody.example").out


@pytest.mark.database
def test_a_token_is_of_a_user_who_is_there_and_its_role_is_told_as_it_is(site: Site) -> None:
    with_registry(site)
    dead = site.run("tokens", "make", "crm", "--user", "9999@alpha.example")
    assert dead.code == 1
    assert "no user '9999@alpha.example' who may use the system" in dead.err
    made = site.ok("tokens", "make", "desk", "--user", ALICE, "--role", "operator")
    assert f"the user {ALICE}, user (operator at most)" in made.err
    assert "user (operator at most)" in site.ok("tokens", "list").out
    (listed,) = site.ok("tokens", "list", "--json").json["tokens"]
    assert (listed["role"], listed["role_now"]) == ("operator", "user")


@pytest.mark.http
def test_over_http_too(server: Server, site: Site) -> None:
    server.running.stop()
    with_registry(site)
    server.start()
    with server.client() as operator:
        asked = [
            operator.get("/v1/calls?tenant=nosuch.example"),
            operator.post("/v1/test-events", json={"type": "call.ended", "tenant": "nosuch.example"}),
            operator.post("/v1/webhooks", json={"url": "https://example.com/x", "tenant": "nosuch.example"}),
        ]
        for answer in asked:
            assert answer.status_code == 404, answer.text
            assert "There is no company 'nosuch.example'" in answer.json()["detail"]
        assert operator.get("/v1/calls?tenant=beta.example").json()["calls"] == []
        nobodys = operator.get("/v1/me")
        assert (nobodys.status_code, "/v1/users/1001@alpha.example" in nobodys.text) == (404, True)


@pytest.mark.http
def test_each_bad_token_is_told_what_is_wrong_with_it(server: Server, site: Site) -> None:
    server.running.stop()
    with_registry(site)
    server.start()
    good = site.ok("tokens", "make", "desk", "--user", ALICE, "--json").json["token"]
    with server.client(good) as client:
        assert client.get("/v1/whoami").status_code == 200
    site.ok("tokens", "revoke", "desk")
    short = site.ok("tokens", "make", "short", "--tenant", "alpha.example", "--days", "1", "--json").json["token"]
    gone = site.ok("tokens", "make", "gone", "--user", ALICE, "--json").json["token"]
    assert site.dsn is not None
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        connection.execute("UPDATE auth.token SET expires_at = now() - interval '1 s' WHERE name = 'short'")
        connection.execute("""UPDATE auth.token SET "user" = '9999@alpha.example' WHERE name = 'gone'""")
        connection.execute("UPDATE auth.token_change SET number = number + 1")

    def told(header: str | None) -> str:
        headers = {} if header is None else {"Authorization": header}
        answer = httpx.get(server.address + "/v1/whoami", headers=headers, timeout=30)
        assert (answer.status_code, answer.json()["title"]) == (401, "Not let in")
        return str(answer.json()["detail"])

    assert told(None).startswith("This needs an access token (of `harmony run`")
    assert "no other scheme" in told("Basic abc")
    for token in ("wrong", "hmy_wrong"):
        assert told(f"Bearer {token}").startswith("This access token is not known here")
    assert told(f"Bearer {good}").startswith("This access token was revoked")
    assert told(f"Bearer {short}").startswith("This access token has expired")
    assert told(f"Bearer {gone}").startswith("The user of this access token may not use the system now")
    wrong = httpx.post(server.address + "/v1/login", json={"user": ALICE, "password": "wrong"}, timeout=30)
    assert wrong.json()["title"] == "Wrong user or password"
    closed = httpx.get(server.address + "/v1/ws", headers={"Authorization": f"Bearer {server.token}"}, timeout=30)
    assert (closed.status_code, closed.headers["upgrade"]) == (426, "websocket")
    assert "for WebSockets" in closed.json()["detail"]
