"""Take the pictures of the README and of the tutorial for the browser: start the demo, do what it says, shoot.

``python scripts/screenshot.py`` writes docs/images/*.png. Needs Debian's chromium (`scripts/setup-test`).
"""

from __future__ import annotations

import base64
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TOP))

from tests.api.web.chromium import Chromium  # noqa: E402
from tests.ports import free_port  # noqa: E402

IMAGES = TOP / "docs" / "images"
WIDTH, HEIGHT = 1280, 760
PATIENCE = 180.0
ROWS = "document.querySelectorAll('tr[data-call]').length"
LIVE = "document.documentElement?.dataset.connection === 'live'"
DOING = "document.querySelector('h1')?.innerText.includes({0!r})"
TRANSFERRED = """
    fetch("/v1/calls?has_transfer=true&live=false&limit=50").then((answer) => answer.json())
        .then((page) => page.calls.find((call) => call.transfers[0].kind === "attended")?.call_id ?? "")
"""


def main() -> int:
    """Start, walk, end."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="harmony-") as directory:
        environment = {
            **os.environ,
            "HARMONY_DATA": f"{directory}/data",
            "HARMONY_HTTP_PORT": str(port),
            "ERL_EPMD_PORT": str(free_port()),
        }
        demo = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "run", "--demo"],
            env=environment,
            cwd=TOP,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        browser = Chromium(Path(directory) / "chromium")
        try:
            assert demo.stdout is not None
            for line in demo.stdout:
                if re.match(r"Access token: ", line):
                    break
            # The pipe is read on, or the demo would wait for it some day.
            threading.Thread(target=demo.stdout.read, daemon=True).start()
            browser.size(WIDTH, HEIGHT)
            _alice(browser, f"http://127.0.0.1:{port}")
            _frank(browser, f"http://127.0.0.1:{port}")
        finally:
            browser.close()
            demo.send_signal(signal.SIGTERM)
            demo.wait()
    return 0


def _alice(browser: Chromium, address: str) -> None:
    """A user phones and hands a call over."""
    browser.open(f"{address}/phone")
    browser.until("!!document.querySelector('harmony-sign-in input')", PATIENCE)
    browser.type("input[name=user]", "1001@alpha.example", enter=False)
    _shoot(browser, "browser-sign-in")
    browser.type("input[name=password]", "login-alpha-1001")
    browser.until(DOING.format("You are free"), PATIENCE)
    _dial(browser, "1002")
    time.sleep(4)  # the ladder grows a bit
    _shoot(browser, "browser-phone")
    while True:  # a phone is busy now and then
        browser.press("t")
        browser.until("!!document.querySelector('.move input')")
        browser.type(".move input", "1003")
        browser.value("document.activeElement.blur()")
        try:
            browser.until(DOING.format("You ask"), 30)
            break
        except AssertionError:
            continue
    time.sleep(3)
    browser.press("Enter", 13, "\r")
    browser.until("!" + DOING.format("You ask"), PATIENCE)


def _frank(browser: Chromium, address: str) -> None:
    """An admin looks at the calls of the company."""
    browser.without_cookies()
    browser.open(f"{address}/calls")
    browser.until("!!document.querySelector('harmony-sign-in input')", PATIENCE)
    browser.type("input[name=user]", "1006@alpha.example", enter=False)
    browser.type("input[name=password]", "login-alpha-1006")
    browser.until("!!document.querySelector('.side')", PATIENCE)
    browser.open(f"{address}/people")
    _settled(browser, f"{LIVE} && !document.querySelector('main .ghost')")
    _shoot(browser, "browser-people")
    browser.open(f"{address}/calls")
    _settled(browser, f"{ROWS} >= 6")
    _shoot(browser, "browser-calls")
    _until(lambda: bool(browser.value(TRANSFERRED)))
    browser.open(f"{address}/calls/{browser.value(TRANSFERRED)}")
    _settled(browser, "!!document.querySelector('svg.ladder .slur')")
    _shoot(browser, "one-call")
    browser.open(f"{address}/live")
    _settled(browser, f"{ROWS} >= 2 && {LIVE}")
    _shoot(browser, "live-calls")
    browser.value("[...document.querySelectorAll('.head button')].find(one => one.innerText.includes('past')).click()")
    _settled(browser, "!!document.querySelector('.scrub')")
    _shoot(browser, "browser-past")


def _dial(browser: Chromium, number: str) -> None:
    """Until they talk: a phone of a company that lives is busy now and then."""
    while True:
        browser.type(".dial input[name=to]", number)
        try:
            browser.until(DOING.format("You talk"), 30)
        except AssertionError:
            continue
        browser.value("document.activeElement.blur()")
        return


def _settled(browser: Chromium, expression: str) -> None:
    browser.until(expression, PATIENCE)
    time.sleep(1)  # fonts, and what is asked for behind the first picture


def _until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not look():
        if time.monotonic() > deadline:
            raise TimeoutError("the demo did not show what the picture is of")
        time.sleep(0.3)


def _shoot(browser: Chromium, name: str) -> None:
    shot = browser._page("Page.captureScreenshot", format="png")["data"]
    IMAGES.mkdir(parents=True, exist_ok=True)
    (IMAGES / f"{name}.png").write_bytes(base64.b64decode(shot))


if __name__ == "__main__":
    sys.exit(main())
