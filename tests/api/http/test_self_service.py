"""Users change their forwarding and do not disturb over HTTP; each change is recorded and shows at once."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import Server, Site
from tests.core.registry.examples import EXAMPLE

pytestmark = pytest.mark.http
ALICE, BOB, FOREIGN = "1001@alpha.example", "1002@alpha.example", "1001@beta.example"


@pytest.fixture
def serving(site: Site) -> Iterator[Server]:
    site.data.mkdir(parents=True, exist_ok=True)
    shutil.copy(EXAMPLE, Path(site.data) / "registry.ldif")
    server = Server(site)
    yield server
    assert server.running.stop() == 0, server.running.said


def logged_in(server: Server, user: str, password: str) -> httpx.Client:
    with httpx.Client(base_url=server.address, timeout=30) as client:
        answer = client.post("/v1/login", json={"user": user, "password": password})
    assert answer.status_code == 200, answer.text
    return server.client(answer.json()["token"])


def test_a_user_changes_what_is_its_own_and_nothing_else(serving: Server) -> None:
    with logged_in(serving, ALICE, "login-alpha-1001") as client:
        before = client.get("/v1/me").json()
        assert (before["user"], before["do_not_disturb"], before["forward_always"]) == (ALICE, False, None)
        done = client.put(f"/v1/users/{ALICE}/forward", json={"kind": "busy", "target": "1003"})
        assert done.status_code == 200, done.text
        assert client.put(f"/v1/users/{ALICE}/do-not-disturb", json={"on": True}).json()["do_not_disturb"]
        after = client.get("/v1/me").json()
        assert (after["forward_busy"], after["do_not_disturb"]) == ("1003", True)
        assert client.put(f"/v1/users/{ALICE}/forward", json={"kind": "busy", "target": None}).status_code == 200
        assert client.get("/v1/me").json()["forward_busy"] is None

        assert client.put(f"/v1/users/{BOB}/do-not-disturb", json={"on": True}).status_code == 403
        assert client.put(f"/v1/users/{FOREIGN}/do-not-disturb", json={"on": True}).status_code == 404
        assert client.get(f"/v1/users/{FOREIGN}").status_code == 404
        wrong: list[object] = [
            {},
            {"kind": "never", "target": "1"},
            {"kind": "busy", "target": "1|2"},
            {"kind": "busy"},
            [],
            "x",
        ]
        for bad in wrong:
            assert client.put(f"/v1/users/{ALICE}/forward", json=bad).status_code == 400
        itself = client.put(f"/v1/users/{ALICE}/forward", json={"kind": "always", "target": "1001"})
        assert (itself.status_code, itself.json()["code"]) == (409, "registry.refused")
    told = serving.site.ok("operations", "list", "--json").json["operations"]
    mine = [one for one in reversed(told) if one["by"] == ALICE and one["action"].startswith("user.")]
    assert {(one["subject"], one["tenant"]) for one in mine} == {(ALICE, "alpha.example")}
    assert [one["action"] for one in mine] == ["user.forward", "user.do-not-disturb", "user.forward"]
    assert "access.refused" in {one["action"] for one in told}, "what was tried on others"
    assert "do not disturb" in serving.site.ok("registry", "show", "alpha.example").out


def test_operators_change_it_for_anybody(serving: Server) -> None:
    with serving.client() as client:
        for user in (BOB, FOREIGN):
            assert client.put(f"/v1/users/{user}/do-not-disturb", json={"on": True}).json()["do_not_disturb"]
        assert client.get("/v1/me").status_code == 404
        assert client.get("/v1/users/9@alpha.example").status_code == 404
        assert client.get("/v1/users/nobody").status_code == 404
