"""A real Chromium, driven over its debugging pipe: enough to open a page, look at it, and type and click.

The pipe speaks the DevTools protocol as JSON with a NUL behind each message, on descriptors 3 (in) and 4 (out).
"""

import itertools
import json
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

PATIENCE = 30.0
PLUMBING = """
import fcntl, os, sys
ends = [fcntl.fcntl(int(end), fcntl.F_DUPFD, 10) for end in sys.argv[1:3]]
for want, have in zip((3, 4), ends):
    os.dup2(have, want)
os.execv(sys.argv[3], sys.argv[3:])
"""


class Chromium:
    def __init__(self, profile: Path) -> None:
        path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        assert path, "there is no Chromium here: run scripts/setup-test"
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe"]
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-c",
                PLUMBING,
                str(to_read),
                str(from_write),
                path,
                *options,
                f"--user-data-dir={profile}",
                "about:blank",
            ],
            pass_fds=(to_read, from_write),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(to_read)
        os.close(from_write)
        self._write, self._read = to_write, from_read
        self._buffer = b""
        self._numbers = itertools.count(1)
        self.said: list[dict[str, Any]] = []
        """Console messages, exceptions and violations of the content policy, as they came."""
        self.asked: list[str] = []
        """Every address that the page asked for."""
        targets = self._call("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._page(f"{domain}.enable")

    def open(self, address: str) -> None:
        self._page("Page.navigate", url=address)

    def forget(self) -> None:
        """Begin anew with what was said and asked for."""
        self.value("0")
        self.said.clear()
        self.asked.clear()

    def value(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        answer = self._page("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, expression: str, patience: float = PATIENCE) -> Any:
        """Wait until an expression is true in the page; its value."""
        deadline = time.monotonic() + patience
        while not (found := self.value(expression)):
            assert time.monotonic() < deadline, f"{expression} was not true within {patience:g} s; {self.text()!r}"
            time.sleep(0.05)
        return found

    def size(self, width: int, height: int, dark: bool = False) -> None:
        """Be as wide and as high, in light or dark."""
        self._page(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 720
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._page("Emulation.setEmulatedMedia", features=[scheme])

    def type(self, selector: str, text: str, enter: bool = True) -> None:
        """Write into a field as a person does, and press Enter."""
        self.value(f"document.querySelector({selector!r}).focus()")
        self._page("Input.insertText", text=text)
        if enter:
            self.press("Enter", 13, "\r")

    def press(self, key: str, code: int = 0, text: str = "", shift: bool = False) -> None:
        """Press a key wherever the focus is."""
        letter = text or (key if len(key) == 1 else "")
        what: dict[str, object] = {"key": key, "windowsVirtualKeyCode": code or ord(key.upper()), "text": letter}
        if shift:
            what["modifiers"] = 8
        self._page("Input.dispatchKeyEvent", type="keyDown", **what)
        self._page("Input.dispatchKeyEvent", type="keyUp", **what)

    def cookies(self) -> list[dict[str, Any]]:
        """All cookies of the page's server, those that no script reads among them."""
        return list(self._page("Network.getCookies")["cookies"])

    def without_cookies(self) -> None:
        self._page("Network.clearBrowserCookies")

    def in_worker(self, expression: str) -> Any:
        """The value of an expression in the worker that the pages share."""
        targets = self._call("Target.getTargets")["targetInfos"]
        target = next(one["targetId"] for one in targets if one["type"] == "shared_worker")
        session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        try:
            answer = self._call("Runtime.evaluate", session, expression=expression, returnByValue=True)
            assert "exceptionDetails" not in answer, answer
            return answer["result"].get("value")
        finally:
            self._call("Target.detachFromTarget", sessionId=session)

    def inject(self, source: str) -> None:
        """Have a script of a test run in the page, which its policy would not let in."""
        self._page("Runtime.evaluate", expression=source)

    def text(self) -> str:
        return str(self.value("document.body.innerText"))

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)

    def _page(self, method: str, **parameters: object) -> dict[str, Any]:
        return self._call(method, self._session, **parameters)

    def _call(self, method: str, session: str | None = None, **parameters: object) -> dict[str, Any]:
        number = next(self._numbers)
        message = {"id": number, "method": method, "params": parameters} | ({"sessionId": session} if session else {})
        os.write(self._write, json.dumps(message).encode() + b"\0")
        while True:
            got = self._message()
            if got.get("id") == number:
                assert "error" not in got, got["error"]
                return dict(got["result"])
            self._note(got)

    def _note(self, message: dict[str, Any]) -> None:
        method = message.get("method")
        if method in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"):
            self.said.append(message["params"])
        elif method == "Network.requestWillBeSent":
            self.asked.append(message["params"]["request"]["url"])

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self._buffer:
            ready, _, _ = select.select([self._read], [], [], PATIENCE)
            assert ready, "Chromium does not answer"
            data = os.read(self._read, 1 << 20)
            assert data, "Chromium has ended"
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\0")
        return dict(json.loads(line))
