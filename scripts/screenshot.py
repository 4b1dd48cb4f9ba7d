"""Take the pictures of the README: start the demo, sign in with Chromium, wait until something is going on, shoot.

``python scripts/screenshot.py`` writes docs/images/live-calls.png, one-call.png and calls.png. Needs Debian's chromium
(`scripts/setup-test`).
"""

from __future__ import annotations

import base64
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

TOP = Path(__file__).resolve().parent.parent
IMAGES = TOP / "docs" / "images"
WIDTH, HEIGHT = 1280, 760
QUIET = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
ROWS = "document.querySelectorAll('tr[data-call]').length"
SIGN_IN = """
    fetch("/v1/session", {
        method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({token: %r})
    }).then((answer) => answer.ok)
"""
TRANSFERRED = """
    fetch("/v1/calls?has_transfer=true&live=false&limit=50").then((answer) => answer.json())
        .then((page) => page.calls.find((call) => call.transfers[0].kind === "attended")?.call_id ?? "")
"""


class Chromium:
    """A headless Chromium on its debugging pipe: a JSON message and a NUL byte each way."""

    def __init__(self, profile: str) -> None:
        theirs_in, self._out = os.pipe()
        self._in, theirs_out = os.pipe()
        options = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            *QUIET,
        ]
        command = f'exec chromium "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self.process = subprocess.Popen(
            ["sh", "-c", command, "sh", *options], pass_fds=(theirs_in, theirs_out), stderr=subprocess.DEVNULL
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._numbers = itertools.count(1)
        self._rest = b""
        self._session: str | None = None

    def open(self, url: str) -> None:
        """Open a page; the other commands go to it."""
        target = self.ask("Target.createTarget", url=url)["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def evaluate(self, expression: str) -> Any:
        """The value of an expression in the page."""
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)["result"].get(
            "value"
        )

    def ask(self, method: str, **params: object) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        while True:
            while b"\0" not in self._rest:
                chunk = os.read(self._in, 1 << 20)
                if not chunk:
                    raise RuntimeError("Chromium ended.")
                self._rest += chunk
            text, self._rest = self._rest.split(b"\0", 1)
            answer = json.loads(text)
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])


def main() -> int:
    """Start, wait, shoot, end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="harmony-") as directory:
        environment = {**os.environ, "HARMONY_DATA": f"{directory}/data", "HARMONY_HTTP_PORT": str(port)}
        demo = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "run", "--demo"],
            env=environment,
            cwd=TOP,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert demo.stdout is not None
        said = {
            found[1]: found[2]
            for line in _lines(demo.stdout)
            if (found := re.match(r"(Harmony|Access token): (\S+)", line))
        }
        browser = Chromium(f"{directory}/chromium")
        try:
            browser.open(said["Harmony"] + "sign-in")
            browser.ask(
                "Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False
            )
            _until(lambda: bool(browser.evaluate("!!document.querySelector('form')")))
            _until(lambda: bool(browser.evaluate(SIGN_IN % said["Access token"])))
            browser.ask("Page.navigate", url=said["Harmony"] + "live")
            _until(lambda: int(browser.evaluate(ROWS)) >= 5)
            _shoot(browser, "live-calls")
            _until(lambda: bool(browser.evaluate(TRANSFERRED)))
            browser.ask("Page.navigate", url=said["Harmony"] + "calls/" + str(browser.evaluate(TRANSFERRED)))
            _until(lambda: bool(browser.evaluate("!!document.querySelector('svg.ladder .slur')")))
            _shoot(browser, "one-call")
            browser.ask("Page.navigate", url=said["Harmony"] + "calls")
            _until(lambda: int(browser.evaluate(ROWS)) >= 12)
            _shoot(browser, "calls")
        finally:
            browser.process.terminate()
            browser.process.wait()
            demo.send_signal(signal.SIGTERM)
            demo.wait()
    return 0


def _lines(stream: IO[str]) -> Iterator[str]:
    """What the demo says, up to the token."""
    for line in stream:
        yield line
        if line.startswith("Access token"):
            return


def _until(look: Callable[[], bool], patience: float = 180) -> None:
    deadline = time.monotonic() + patience
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError("the demo did not show what the picture is of")
        time.sleep(0.3)


def _shoot(browser: Chromium, name: str) -> None:
    shot = browser.ask("Page.captureScreenshot", format="png")["data"]
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / f"{name}.png").write_bytes(base64.b64decode(shot))


if __name__ == "__main__":
    sys.exit(main())
