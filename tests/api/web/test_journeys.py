"""What people do all day with their phones: in Chromium and in Firefox, of two companies at once.

One switch and one browser of each kind for all of it, in one test: each step goes on where the one before it stood.
"""

import contextlib
import csv
import io
import signal
import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.api.clients.node import CLIENTS, NODE
from tests.api.conftest import Running, Site, until
from tests.api.demo import PATIENCE, Demo
from tests.api.web.chromium import Chromium
from tests.api.web.conftest import complaints
from tests.api.web.relay import Relay
from tests.fix_switch import COOKIE

pytestmark = pytest.mark.browser
STATE = "document.documentElement?.dataset.connection"
ROWS = "document.querySelectorAll('tr[data-call]').length"
DOING = "document.querySelector('h1')?.innerText.includes({0!r})"
SEEN = "[...document.querySelectorAll({0!r})].some(one => one.innerText.includes({1!r}))"


class Quiet(Demo):
    """A Harmony with an emulated switch whose people do nothing but what they are told."""

    phones: Running

    def start(self, site: Site, *arguments: str) -> Running:
        node = "freeswitch-quiet@127.0.0.1"
        site.env |= {"HARMONY_SWITCHES": node, "HARMONY_COOKIE": COOKIE, "HARMONY_NODE": "harmony-quiet@127.0.0.1"}
        self.phones = site.start("emulate", "--node", node, "--quiet")
        return site.start("run", *arguments)


@pytest.fixture
def demo(site: Site, registry: Path) -> Iterator[Demo]:
    started = Quiet(site)
    yield started
    started.http.close()
    started.running.stop(signal.SIGTERM)
    started.phones.stop(signal.SIGTERM)


@pytest.fixture
def way(demo: Demo) -> Iterator[Relay]:
    relay = Relay(demo.port)
    yield relay
    relay.close()


def test_people_of_two_companies_phone_search_and_come_back(
    demo: Demo, way: Relay, browser: Chromium, tmp_path: Path
) -> None:
    page = browser
    for user, other in (("1003", "1002"), ("1002", "1003"), ("1001", "1002")):
        until(partial(demo.calls, f"{user}@gamma.example", other), "phones that have registered", PATIENCE)
        demo.post(f"/v1/calls/{demo.made}/hangup")
    page.open(f"http://127.0.0.1:{way.port}/phone")
    signs_in(page, "1001@gamma.example", "login-gamma-1001")
    page.until(DOING.format("You are free"), PATIENCE)
    moved = transfers(page, demo)
    calls_back_whom_he_missed(page, demo)
    finds_and_exports(page)
    looks_back(page, demo, moved)
    others = Relay(demo.port)
    try:
        firefox(others, tmp_path)  # while the first is signed in, before the live calls
        not_a_word(others.came, "Alpha", "Beta", "Gamma", "beta.example", "gamma.example")
    finally:
        others.close()
    is_cut_off_and_sleeps(page, demo, way)
    assert complaints(page) == []
    not_a_word(way.came, "Gamma", "Alpha", "Beta", "alpha.example", "beta.example")


def signs_in(page: Chromium, user: str, password: str) -> None:
    page.until("!!document.querySelector('harmony-sign-in input')")
    page.type("input[name=user]", user, enter=False)
    page.type("input[name=password]", password)
    page.until("!!document.querySelector('.side')")


def dials(page: Chromium, number: str) -> str:
    """Click to call, until the two talk; the call."""
    page.type(".dial input[name=to]", number)
    page.until(DOING.format("talk"), PATIENCE)
    page.value("document.activeElement.blur()")
    return str(page.value("decodeURIComponent(document.querySelector('.mycall a').pathname.slice(7))"))


def presses(page: Chromium, key: str, then: str) -> None:
    """Press a key, and once more when nothing came of it: the switch may be busy with what went before."""
    for _ in range(3):
        page.press(key)
        with contextlib.suppress(AssertionError):
            page.until(DOING.format(then), PATIENCE / 3)
            return
    raise AssertionError(f"{key} does nothing: {page.text()!r}")


def hands_over(page: Chromium, number: str, at_once: bool) -> None:
    page.press("t")
    page.until("!!document.querySelector('.move input')")
    page.type(".move input", number, enter=False)
    page.press("Enter", 13, "\r", shift=at_once)
    page.value("document.activeElement.blur()")


def asks(page: Chromium, number: str) -> None:
    """Begin an attended transfer, until the third one talks: a phone does not answer now and then."""
    for _ in range(4):
        hands_over(page, number, at_once=False)
        with contextlib.suppress(AssertionError):
            page.until(DOING.format("You ask"), PATIENCE / 2)
            return
    raise AssertionError(page.text())


def transfers(page: Chromium, demo: Demo) -> str:
    """Hold, blind transfer, attended transfer and one that comes to nothing: all by keys."""
    blind = dials(page, "1002")
    presses(page, "h", "hold")
    presses(page, "h", "talk")
    hands_over(page, "1003", at_once=True)
    page.until(DOING.format("You are free"), PATIENCE)
    call = demo.call(blind, lambda call: call["transfers"] and call["transfers"][0]["result"], "the transfer")
    assert [(one["kind"], one["to"], one["result"]) for one in call["transfers"]] == [("command", "1003", "completed")]
    demo.post(f"/v1/calls/{blind}/hangup")

    attended = dials(page, "1002")
    asks(page, "1003")
    page.press("Enter", 13, "\r")
    page.until(DOING.format("You are free"), PATIENCE)
    call = demo.call(attended, lambda call: call["transfers"] and call["transfers"][0]["result"], "the other")
    found = [(one["kind"], one["by"], one["to"], one["result"]) for one in call["transfers"]]
    assert found == [("attended", "1001", "1003", "completed")]
    demo.post(f"/v1/calls/{attended}/hangup")

    nothing = dials(page, "1002")
    asks(page, "1003")
    page.press("c")
    page.until(DOING.format("talk"), PATIENCE)
    page.press("X", shift=True)
    page.until(DOING.format("You are free"), PATIENCE)
    call = demo.call(nothing, lambda call: call["state"] == "complete", "the end")
    assert (call["transfers"], call["answered_by"]) == ([], "1002")
    return attended


def calls_back_whom_he_missed(page: Chromium, demo: Demo) -> None:
    def gives_up() -> bool:
        """1002 calls and hangs up while it rings; sooner answered than hung up is tried again."""
        until(lambda: demo.calls("1002@gamma.example", "1001"), "a call of 1002", PATIENCE)
        demo.call(demo.made, lambda call: bool(call["offers"]), "the ringing")
        demo.post(f"/v1/calls/{demo.made}/hangup")
        return not demo.call(demo.made, lambda call: call["state"] == "complete", "the end")["answered"]

    until(gives_up, "a call that nobody took", PATIENCE)
    page.until(SEEN.format(".missed li", "1002"), PATIENCE)
    page.value("document.querySelector('.missed button').click()")
    page.until(DOING.format("talk"), PATIENCE)
    page.press("X", shift=True)
    page.until(DOING.format("You are free"), PATIENCE)
    page.until("!" + SEEN.format(".missed li", "1002"), PATIENCE)


def finds_and_exports(page: Chromium) -> None:
    page.press("g")
    page.press("c")
    page.until(f"location.pathname === '/calls' && {ROWS} > 0")
    page.press("/")
    page.until("document.activeElement?.closest('.qbar') !== null")
    page.type(".qbar input", "number 1003")
    page.until("location.search === '?number=1003'")
    page.until(f"{ROWS} > 0 && document.querySelector('.sums dd')?.innerText === String({ROWS})")
    shown = set(page.value("[...document.querySelectorAll('tr[data-call]')].map(one => one.dataset.call)"))
    text = page.value("fetch(document.querySelector('.exports a').href).then(answer => answer.text())")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert {row["call_id"] for row in rows} == shown
    vcons = page.value("fetch([...document.querySelectorAll('.exports a')][3].href).then(answer => answer.text())")
    assert len(vcons.splitlines()) == len(rows)


def looks_back(page: Chromium, demo: Demo, moved: str) -> None:
    """The live calls as they were while the two consulted."""
    call = demo.http.get(f"/v1/calls/{moved}").json()
    then = next(one for one in call["segments"] if one["kind"] == "consult")
    origin = page.value("location.origin")
    page.open(f"{origin}/live?at={then['ended_at']}")
    page.until(f"!!document.querySelector('.scrub') && {ROWS} > 0")
    assert moved in page.value("[...document.querySelectorAll('tr[data-call]')].map(one => one.dataset.call)")
    page.press("Escape", 27)
    page.until(f"!document.querySelector('.scrub') && {STATE} === 'live'")


def firefox(way: Relay, tmp_path: Path) -> None:
    """The main journeys once more, in Firefox."""
    command = [str(NODE), str(Path(__file__).parent / "firefox.js"), f"http://127.0.0.1:{way.port}"]
    given = ["1006@alpha.example", "login-alpha-1006", "1005,1004,1002", "1003"]
    (tmp_path / "home").mkdir()
    where = {"NODE_PATH": str(CLIENTS / "node_modules"), "FIREFOX": "/usr/bin/firefox-esr"}
    home = {"HOME": str(tmp_path / "home"), "TMPDIR": str(tmp_path), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [*command, *given], env=where | home, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split("\n")[:-1] == ["signed in", "called", "transferred", "found", "live"]


def is_cut_off_and_sleeps(page: Chromium, demo: Demo, way: Relay) -> None:
    """A network that is gone, and a lid that was closed for an hour: the page says so, and misses nothing."""
    until(lambda: demo.calls("1002@gamma.example", "1001"), "a call of 1002", PATIENCE)
    page.until(f"{ROWS} === 1 && {STATE} === 'live'", PATIENCE)
    page.value("""
        window.states = [];
        new MutationObserver(() => states.push(document.documentElement.dataset.connection))
            .observe(document.documentElement, {attributes: true, attributeFilter: ['data-connection']})
    """)
    way.cut()
    page.until(f"{STATE} === 'stale'", PATIENCE)
    assert "Stale since" in page.text()
    demo.post(f"/v1/calls/{demo.made}/hangup")
    way.mend()
    page.until(f"{STATE} === 'live' && {ROWS} === 0", PATIENCE)

    page.value("states.length = 0")
    until(lambda: demo.calls("1002@gamma.example", "1001"), "another", PATIENCE)
    page.until(f"{ROWS} === 1", PATIENCE)
    way.cut()
    demo.post(f"/v1/calls/{demo.made}/hangup")
    until(lambda: demo.calls("1003@gamma.example", "1001"), "one while the lid was closed", PATIENCE)
    hour = "(() => { const real = Date.now.bind(Date); Date.now = () => real() + 3600e3; })()"
    page.value(hour)
    page.in_worker(hour)
    page.until("states.some(one => one !== 'live')", PATIENCE)
    way.mend()
    made = f"document.querySelector('tr[data-call]')?.dataset.call === {demo.made!r}"
    page.until(f"{STATE} === 'live' && {ROWS} === 1 && {made}", PATIENCE)
    # Times are the server's, whatever the clock of the machine says now.
    assert page.value("document.querySelector('td.tm').innerText").count(":") == 1
    demo.post(f"/v1/calls/{demo.made}/hangup")


def not_a_word(came: bytearray, own: str, *others: str) -> None:
    """Of all that a browser was sent nothing names another company; what is its own proves that one would see it."""
    found = [word for word in others if word.encode() in came]
    assert found == [], found
    assert own.encode() in came
