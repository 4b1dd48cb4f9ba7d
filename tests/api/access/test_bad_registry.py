"""A registry that turns bad while Harmony runs: people go on logging in, and strangers learn nothing of the inside."""

import shutil
from pathlib import Path

import httpx
import pytest

from tests.api.access.test_tokens import EXAMPLE, USER, WORD
from tests.api.conftest import Server, Site, until

pytestmark = pytest.mark.http
SECRET = "userPassword secret-of-somebody"


@pytest.fixture
def registry(site: Site) -> Path:
    site.data.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(EXAMPLE, site.data / "registry.ldif"))


def test_people_log_in_with_what_was_last_known(registry: Path, server: Server) -> None:
    def login(word: str) -> httpx.Response:
        return httpx.post(server.address + "/v1/login", json={"user": USER, "password": word}, timeout=30)

    mine = login(WORD).json()["token"]
    registry.write_text(f"\n\n{SECRET}\n")
    server.running.says("line 3")
    assert login(WORD).status_code == 200
    assert login("another").status_code == 401

    forward = {"kind": "always", "target": "1002"}
    with server.client(mine) as user:
        refused = user.put(f"/v1/users/{USER}/forward", json=forward)
    assert refused.status_code == 500
    assert "registry.ldif" not in refused.json()["detail"]
    with server.client() as operator:
        told = operator.put(f"/v1/users/{USER}/forward", json=forward).json()["detail"]
    assert str(registry) in told
    assert "secret-of-somebody" not in "".join([*server.running.said, refused.text, told])


def test_after_a_restart_nobody_is_known_and_the_sentence_says_so(registry: Path, server: Server) -> None:
    server.running.stop()
    registry.write_text(f"{SECRET}\n")
    server.start()

    def login() -> httpx.Response:
        return httpx.post(server.address + "/v1/login", json={"user": USER, "password": WORD}, timeout=30)

    refused = login()
    assert refused.status_code == 503
    assert "registry is away" in refused.json()["detail"]
    assert "ldif" not in refused.json()["detail"]
    shutil.copy(EXAMPLE, registry)
    # Who follows the registry waits longer after each look that failed; on a busy machine that adds up.
    until(lambda: login().status_code == 200, "the registry is back", patience=120)
