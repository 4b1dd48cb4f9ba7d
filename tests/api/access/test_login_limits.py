"""Who guesses at a colleague's password is stopped, and the colleague is not."""

import shutil
from collections.abc import Iterator

import httpx
import pytest

from api.access.login import Logins, TooOften
from tests.api.access.test_tokens import EXAMPLE, USER, WORD
from tests.api.conftest import Server, Site

pytestmark = pytest.mark.http
HOME, OTHERS = "192.0.2.7", "198.51.100."


@pytest.fixture
def registry(site: Site) -> None:
    """The example as the registry of the site."""
    site.data.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLE, site.data / "registry.ldif")


@pytest.fixture
def client(registry: None, server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.address, timeout=30) as opened:
        yield opened


def log_in(client: httpx.Client, word: str, address: str, cookie: str = "") -> httpx.Response:
    headers = {"X-Forwarded-For": address} | ({"Cookie": f"harmony-device={cookie}"} if cookie else {})
    client.cookies.clear()
    return client.post("/v1/login", json={"user": USER, "password": word}, headers=headers)


def test_strangers_do_not_keep_a_user_out(client: httpx.Client) -> None:
    first = log_in(client, WORD, HOME)
    assert first.status_code == 200, first.text
    set_cookie = first.headers["set-cookie"].lower()
    assert "httponly" in set_cookie
    assert "samesite=strict" in set_cookie
    device = first.cookies["harmony-device"]
    # From many addresses, until nobody new may try for this user.
    codes = [log_in(client, "guess", f"{OTHERS}{n}").status_code for n in range(40)]
    assert codes[0] == 401
    assert codes[-1] == 429
    assert log_in(client, WORD, "203.0.113.9").status_code == 429
    assert log_in(client, WORD, HOME).status_code == 200, "his own address"
    # A colleague behind the same address guesses: the address is of no use then, the browser still is.
    assert [log_in(client, "guess", HOME).status_code for _ in range(12)][-1] == 429
    assert log_in(client, WORD, HOME).status_code == 429
    assert log_in(client, WORD, HOME, device).status_code == 200
    assert log_in(client, WORD, "203.0.113.9", device).status_code == 200
    # And the browser is counted, too.
    assert [log_in(client, "guess", HOME, device).status_code for _ in range(12)][-1] == 429
    assert log_in(client, WORD, HOME, "x" * 43).status_code == 429, "a cookie that nobody gave"


def test_who_knows_the_password_is_not_counted() -> None:
    logins = Logins()
    for _ in range(200):
        logins.admit("1001@alpha.example", HOME).succeeded()
    for _ in range(8):
        logins.admit("1001@alpha.example", HOME)
    with pytest.raises(TooOften):
        logins.admit("1001@alpha.example", HOME)
