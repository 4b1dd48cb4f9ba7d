"""A browser signs in and out: a cookie that no script reads, that counts for this server's own pages alone."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect
from websockets.typing import Origin

from tests.api.conftest import Server, Site, until

pytestmark = pytest.mark.http
EXAMPLE = Path(__file__).parents[3] / "rel" / "ldap" / "example.ldif"
USER, WORD = "1001@alpha.example", "login-alpha-1001"
OWN = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def registry(site: Site) -> Path:
    site.data.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(EXAMPLE, site.data / "registry.ldif"))


@pytest.fixture
def browser(registry: Path, server: Server) -> Iterator[httpx.Client]:
    """Keeps cookies, and says where its questions are from, as browsers do."""
    with httpx.Client(base_url=server.address, timeout=30, trust_env=False, headers=OWN) as client:
        yield client


def sign_in(browser: httpx.Client, **given: str) -> httpx.Response:
    return browser.post("/v1/session", json=given or {"user": USER, "password": WORD})


def test_the_session_is_a_cookie_that_no_script_has(browser: httpx.Client, server: Server, connection: Any) -> None:
    answer = sign_in(browser)
    assert answer.status_code == 200, answer.text
    assert (answer.json()["user"], answer.json()["role"]) == (USER, "user")
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if one.startswith("harmony_session=")]
    assert {"HttpOnly", "Path=/", "SameSite=strict"} <= set(cookie.split("; "))
    secret = cookie.partition("=")[2].partition(";")[0]
    assert secret not in answer.text
    assert browser.get("/v1/whoami").json()["user"] == USER
    assert browser.get("/v1/calls").status_code == 200
    assert browser.get("/v1/status").status_code == 403
    row = connection.execute("SELECT kind, \"user\" FROM auth.token WHERE kind = 'session'").fetchone()
    assert row == ("session", USER)
    assert not any(secret in line for line in server.running.said)


def test_behind_tls_it_is_secure_and_of_this_host_alone(browser: httpx.Client) -> None:
    answer = browser.post("/v1/session", json={"user": USER, "password": WORD}, headers={"X-Forwarded-Proto": "https"})
    (cookie,) = [one for one in answer.headers.get_list("set-cookie") if "harmony_session" in one]
    assert cookie.startswith("__Host-harmony_session=")
    assert "Secure" in cookie.split("; ")


def test_what_another_page_asks_is_refused(browser: httpx.Client, server: Server) -> None:
    assert sign_in(browser).status_code == 200
    body = {"from": USER, "to": "1002"}
    for said in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Sec-Fetch-Site": "none"}):
        refused = browser.post("/v1/calls", json=body, headers=said)
        assert (refused.status_code, refused.json()["code"]) == (403, "api.cross-site"), said
        assert browser.post("/v1/session", json={"user": USER, "password": WORD}, headers=said).status_code == 403
    assert browser.get("/v1/calls", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert browser.get("/v1/calls", headers={"Sec-Fetch-Site": "none"}).status_code == 200, "typed by the person"
    del browser.headers["Sec-Fetch-Site"]  # browsers that say Origin alone
    for origin, status in (("https://evil.example", 403), ("null", 403), (server.address, 422), (None, 403)):
        found = browser.post("/v1/calls", json={}, headers={} if origin is None else {"Origin": origin})
        assert found.status_code == status, (origin, found.text)
    cookie = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    address = server.address.replace("http", "ws") + "/v1/ws"
    with pytest.raises(InvalidStatus, match="403"):
        connect(address, additional_headers={"Cookie": cookie}, origin=Origin("https://evil.example"), proxy=None)
    with connect(address, additional_headers={"Cookie": cookie}, origin=Origin(server.address), proxy=None) as socket:
        socket.ping()


def test_it_ends_everywhere_with_all_that_it_opened(browser: httpx.Client, server: Server) -> None:
    assert sign_in(browser).status_code == 200
    kept = dict(browser.cookies)
    with browser.stream("GET", "/v1/live/stream") as stream:
        lines = stream.iter_lines()
        assert "event: snapshot" in lines
        with httpx.Client(base_url=server.address, cookies=kept, headers=OWN, trust_env=False) as other:
            assert other.delete("/v1/session").status_code == 204
        assert any("The token was revoked" in line for line in lines)
    until(lambda: browser.get("/v1/whoami").status_code == 401, "the end of the session")
    assert sign_in(browser).status_code == 200
    login = browser.post("/v1/login", json={"user": USER, "password": WORD}).json()["token"]
    assert browser.delete("/v1/session", params={"everywhere": "true"}).status_code == 204
    with server.client(login) as program:
        until(lambda: program.get("/v1/whoami").status_code == 401, "the end of the log-in, too")
        assert program.delete("/v1/session").status_code in (401, 403)
    with server.client() as program:
        assert program.delete("/v1/session").status_code == 403, "that is no session"


def test_it_ends_when_the_user_leaves_the_registry(browser: httpx.Client, registry: Path) -> None:
    assert sign_in(browser).status_code == 200
    text = registry.read_text().replace("uid: 1001\n", "uid: 1001\nharmonyEnabled: FALSE\n", 1)
    registry.write_text(text)
    until(lambda: browser.get("/v1/whoami").status_code == 401, "the end of the session")
    assert sign_in(browser).status_code == 401


def test_a_token_makes_a_session_that_ends_with_it(browser: httpx.Client, server: Server, site: Site) -> None:
    token = site.ok("tokens", "make", "board", "--tenant", "alpha.example", "--days", "1", "--json").json["token"]
    assert sign_in(browser, token=token).json()["tenant"] == "alpha.example"
    assert token not in str(dict(browser.cookies))
    assert browser.get("/v1/calls").status_code == 200
    assert browser.get("/v1/parked").status_code == 403
    site.ok("tokens", "revoke", "board")
    until(lambda: browser.get("/v1/calls").status_code == 401, "the end with the token")
    assert sign_in(browser, token=server.token).json()["role"] == "operator"
    assert browser.get("/v1/parked").status_code == 200
    from api.access import installation_token

    installation_token.ensure(site.data, anew=True)
    until(lambda: browser.get("/v1/parked").status_code == 401, "the end with the installation's token")
    assert sign_in(browser, token="hmy_nothing").json()["code"] == "session.bad-token"


def test_a_session_is_nothing_for_programs_and_another_one_ends_the_first(
    browser: httpx.Client, connection: psycopg.Connection[Any]
) -> None:
    assert sign_in(browser).status_code == 200
    secret = dict(browser.cookies)["harmony_session"]
    assert sign_in(browser, token=secret).status_code == 401, "a session makes no session"
    assert sign_in(browser, user="1002@alpha.example", password="login-alpha-1002").status_code == 200
    rows = connection.execute(
        "SELECT name, revoked_at IS NULL FROM auth.token WHERE kind = 'session' ORDER BY name"
    ).fetchall()
    assert rows == [(USER, False), ("1002@alpha.example", True)]
    for bad in ({}, {"user": USER}, {"user": USER, "password": WORD, "token": "x"}, {"user": "1001", "password": "x"}):
        assert browser.post("/v1/session", json=bad).status_code == 400, bad
