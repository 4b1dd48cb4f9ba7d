"""A running `harmony run --demo`, and what a person does with it over HTTP."""

from collections.abc import Callable
from typing import Any

import httpx

from tests.api.conftest import Running, Site, until
from tests.ports import free_port

PATIENCE = 60.0


class Demo:
    """A running `harmony run --demo`, and what a person does with it."""

    def __init__(self, site: Site, *arguments: str) -> None:
        self.port = free_port()
        site.env |= {"HARMONY_HTTP_PORT": str(self.port), "ERL_EPMD_PORT": str(free_port())}
        self.running: Running = self.start(site, *arguments)
        token = self.running.says(r"Access token: (\S+)", PATIENCE)[1]
        address = f"http://127.0.0.1:{self.port}"
        headers = {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=address, headers=headers, timeout=20, follow_redirects=True)

    def start(self, site: Site, *arguments: str) -> Running:
        return site.start("run", "--demo", *arguments)

    def post(self, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """Ask for something and wait for what came of it."""
        answer = self.http.post(path, json=body or {})
        assert answer.status_code == 202, answer.text
        return until(lambda: self._done(answer.headers["location"]), f"the outcome of {path}", PATIENCE)

    def _done(self, location: str) -> dict[str, Any] | None:
        found: dict[str, Any] = self.http.get(location).json()
        return found if found["state"] == "completed" else None

    def call(self, call_id: str, shown: Callable[[dict[str, Any]], Any], what: str) -> dict[str, Any]:
        """Wait until a call's document shows something."""

        def look() -> dict[str, Any] | None:
            answer = self.http.get(f"/v1/calls/{call_id}")
            return found if answer.status_code == 200 and shown(found := answer.json()) else None

        return until(look, what, PATIENCE)

    def dial(self, who: str, to: str) -> dict[str, Any]:
        """Click to call, until the two talk."""
        try:
            until(lambda: self.calls(who, to), f"a call of {who} to {to}", PATIENCE)
        except AssertionError as late:
            raise AssertionError(f"{late}; last refused: {getattr(self, 'refused', None)}") from None
        return self.call(self.made, lambda call: call["state"] == "talking", "the talk")

    def _linked(self) -> bool:
        return '"link":"up"' in self.http.get("/v1/status").text.replace(" ", "")

    def calls(self, who: str, to: str) -> bool:
        """Let a phone call a number; False while it cannot."""
        if not self._linked():
            return False
        made = self.post("/v1/calls", {"from": who, "to": to})
        if made["new_leg"] is None:  # its phone has not registered yet
            self.refused = made
            return False
        self.made = str(made["new_leg"])
        return bool('"link":"up"' in self.http.get("/v1/status").text.replace(" ", ""))
