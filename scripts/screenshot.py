"""Take the README's picture: start the demo, open its page in Chromium, wait until something is going on, shoot.

``python scripts/screenshot.py`` writes docs/images/live-calls.png. Needs Debian's chromium (`scripts/setup-test`).
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
from pathlib import Path
from typing import Any

TOP = Path(__file__).resolve().parent.parent
PICTURE = TOP / "docs" / "images" / "live-calls.png"
WIDTH, HEIGHT = 1080, 620
QUIET = [
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
]
LIVE = "document.querySelectorAll('#live tr').length"
ENDED = "document.querySelectorAll('#ended tr').length"


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
        return self.ask("Runtime.evaluate", expression=expression, returnByValue=True)["result"].get("value")

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
        url = next(found[1] for line in demo.stdout if (found := re.match(r"Harmony: (\S+)", line)))
        browser = Chromium(f"{directory}/chromium")
        try:
            browser.open(url)
            browser.ask(
                "Emulation.setDeviceMetricsOverride", width=WIDTH, height=HEIGHT, deviceScaleFactor=1, mobile=False
            )
            deadline = time.monotonic() + 90
            while time.monotonic() < deadline and not (browser.evaluate(LIVE) >= 4 and browser.evaluate(ENDED) >= 5):
                time.sleep(0.3)
            shot = browser.ask("Page.captureScreenshot", format="png")["data"]
        finally:
            browser.process.terminate()
            browser.process.wait()
            demo.send_signal(signal.SIGTERM)
            demo.wait()
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    PICTURE.write_bytes(base64.b64decode(shot))
    return 0


if __name__ == "__main__":
    sys.exit(main())
