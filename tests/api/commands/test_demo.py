"""The demo obeys: commands over HTTP to the emulated switch's living phones, and what the call documents say then."""

import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.api.conftest import Running, Site, until
from tests.ports import free_port

pytestmark = pytest.mark.http
PATIENCE = 60.0


class Demo:
    """A running `harmony run --demo`, and what a person does with it."""

    def __init__(self, site: Site, *arguments: str) -> None:
        self.port = free_port()
        site.env |= {"HARMONY_HTTP_PORT": str(self.port), "ERL_EPMD_PORT": str(free_port())}
        self.running: Running = site.start("run", "--demo", *arguments)
        token = self.running.says(r"Access token: (\S+)", PATIENCE)[1]
        address = f"http://127.0.0.1:{self.port}"
        self.http = httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=20)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask for something and wait for what came of it."""
        answer = self.http.post(path, json=body or {})
        assert answer.status_code == 202, answer.text
        return until(lambda: self._done(answer.headers["location"]), f"the outcome of {path}", PATIENCE)

    def _done(self, location: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.http.get(location).json()
        return found if found["state"] == "completed" else None

    def call(self, call_id: str, shown: Callable[[dict[str, Any]], bool], what: str) -> dict[str, Any]:
        """Wait until a call's document shows something."""

        def look() -> dict[str, Any] | None:
            answer = self.http.get(f"/v1/calls/{call_id}")
            return found if answer.status_code == 200 and shown(found := answer.json()) else None

        return until(look, what, PATIENCE)

    def dial(self, who: str, to: str) -> dict[str, Any]:
        """Click to call, until the two talk."""
        until(lambda: self._can_call(who, to), f"a call of {who} to {to}", PATIENCE)
        return self.call(self.made, lambda call: call["state"] == "talking", "the talk")

    def _linked(self) -> bool:
        return '"link":"up"' in self.http.get("/v1/status").text.replace(" ", "")

    def _can_call(self, who: str, to: str) -> bool:
        if not self._linked():
            return False
        made = self.post("/v1/calls", {"from": who, "to": to})
        self.made = str(made["new_leg"])
        return bool('"link":"up"' in self.http.get("/v1/status").text.replace(" ", ""))


@pytest.fixture
def demo(dsn: str, tmp_path: Path) -> Iterator[Demo]:
    started = Demo(Site(tmp_path / "data", dsn))
    yield started
    started.http.close()
    started.running.stop(signal.SIGTERM)


def test_a_click_calls_two_phones_and_a_command_ends_it(demo: Demo) -> None:
    call = demo.dial("1001@alpha.example", "1002")
    assert (call["tenant"], call["direction"], call["dialled"]) == ("alpha.example", "internal", "1002")
    assert [(party["party"], party["role"]) for party in call["parties"]] == [("1001", "caller"), ("1002", "callee")]
    ended = demo.post(f"/v1/calls/{call['call_id']}/hangup")
    assert (ended["result"], ended["said"]) == ("ok", "+OK")
    call = demo.call(call["call_id"], lambda call: call["state"] == "complete", "the end")
    assert (call["outcome"], call["answered_by"], call["hangup"]["by"]) == ("answered", "1002", "switch")
    assert call["quality"] == "observed"
