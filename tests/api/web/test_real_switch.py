"""Commands from the page to a switch on real libei: what it is told, word for word, and what is shown of its answer."""

import os
import re
import signal
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.capture import read_capture, write_capture
from tests.api.conftest import Running, Site, until
from tests.api.web.chromium import Chromium
from tests.fix_switch import COOKIE
from tests.ports import free_port

pytestmark = pytest.mark.browser
CORE = "7c98deb3-e9a7-4883-920e-9f62b1ee1be1"
"""the life of the switch in which the calls were recorded"""
LEG = re.compile(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ASKED = re.compile(rb"origination_uuid=([0-9a-f-]{36})")
"""the leg of who is asked, as att_xfer is told it"""
SCENARIOS = Path(__file__).parents[2] / "scenarios"
PATIENCE = 60.0
DOING = "document.querySelector('h1')?.innerText.includes({0!r})"
SAID = "document.querySelector('.mycall .said')?.innerText.includes({0!r})"


class Switch:
    """The C node, told by lines."""

    def __init__(self, binary: Path, epmd: int, transcript: Path) -> None:
        self._transcript = transcript
        command = [str(binary), "--name", "freeswitch@127.0.0.1", "--cookie", COOKIE, "--core", CORE]
        self.process = subprocess.Popen(
            [*command, "--transcript", str(transcript)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=os.environ | {"ERL_EPMD_PORT": str(epmd)},
        )
        self.said: list[str] = []
        threading.Thread(target=self._read, daemon=True).start()
        self.says("ready")

    def _read(self) -> None:
        assert self.process.stdout is not None
        self.said.extend(line.rstrip("\n") for line in iter(self.process.stdout.readline, ""))

    def says(self, beginning: str) -> None:
        until(lambda: any(line.startswith(beginning) for line in list(self.said)), beginning, PATIENCE)

    def tell(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def transcript(self) -> str:
        return self._transcript.read_text(errors="replace")

    def told(self, words: str) -> None:
        """Wait until it was told something."""
        until(lambda: words in self.transcript(), f"{words} at the switch", PATIENCE)


@pytest.fixture
def switch(cnode_binary: Path, epmd_port: int, tmp_path: Path) -> Iterator[Switch]:
    running = Switch(cnode_binary, epmd_port, tmp_path / "transcript")
    yield running
    running.process.kill()
    running.process.wait()
    for end in (running.process.stdin, running.process.stdout):
        assert end is not None
        end.close()


@pytest.fixture
def harmony(site: Site, registry: Path, switch: Switch, epmd_port: int) -> Iterator[int]:
    """`harmony run` with this switch; its port."""
    port = free_port()
    site.env |= {"HARMONY_HTTP_PORT": str(port), "ERL_EPMD_PORT": str(epmd_port), "HARMONY_COOKIE": COOKIE}
    site.env |= {"HARMONY_SWITCHES": "freeswitch@127.0.0.1", "HARMONY_NODE": "harmony@127.0.0.1"}
    running: Running = site.start("run")
    running.says("Access token", PATIENCE)
    switch.says("subscribed")
    yield port
    running.stop(signal.SIGTERM)


def test_the_switch_is_told_what_was_pressed_and_its_words_are_shown(
    browser: Chromium, harmony: int, switch: Switch, tmp_path: Path
) -> None:
    page = browser
    page.open(f"http://127.0.0.1:{harmony}/phone")
    page.until("!!document.querySelector('harmony-sign-in input')")
    page.type("input[name=user]", "1002@alpha.example", enter=False)
    page.type("input[name=password]", "login-alpha-1002")
    page.until(DOING.format("You are free"), PATIENCE)

    page.type(".dial input[name=to]", "1003")
    switch.told("originate_timeout=30,ignore_early_media=true,origination_caller_id_number=1002")
    switch.told("user/1002@alpha.example 1003 XML alpha.example")

    consult: dict[bytes, bytes] = {}

    def happens(number: str, begin: int, end: int, what: str) -> None:
        """A part of what a switch did when it was told so, with the id that the consultation has here."""
        (folder,) = SCENARIOS.glob(f"{number}-*")
        events = list(read_capture(folder / "events.etf.gz"))
        if found := ASKED.findall(switch.transcript().encode()):
            consult[next(leg for one in events for leg in ASKED.findall(one.term))] = found[-1]
        path = tmp_path / f"{number}-{begin}.etf"
        terms = [(one.received_at, LEG.sub(lambda leg: consult.get(leg[0], leg[0]), one.term)) for one in events]
        write_capture(path, terms[begin:end])
        switch.tell(f"play {path} 0")
        page.until(DOING.format(what), PATIENCE)
        page.value("document.activeElement.blur()")

    def leg(party: str) -> str:
        found = page.value(
            "fetch('/v1/calls?live=true').then(answer => answer.json()).then(page => "
            f"page.calls.flatMap(call => call.legs).find(leg => leg.party === {party!r} && !leg.ended_at).leg_id)"
        )
        return str(found)

    def transfers(number: str, at_once: bool, words: str) -> None:
        page.press("t")
        page.until("!!document.querySelector('.move input')")
        page.type(".move input", number, enter=False)
        page.press("Enter", 13, "\r", shift=at_once)
        switch.told(words)
        page.until("!document.querySelector('.move input')", PATIENCE)
        page.value("document.activeElement.blur()")

    happens("50g", 0, 64, "You talk")
    caller, mine = leg("1001"), leg("1002")
    page.press("h")
    switch.told(f'uuid_hold, "{mine}"')
    page.until(SAID.format("On hold now"), PATIENCE)
    transfers("1004", True, f'uuid_transfer, "{caller} 1004 XML alpha.example"')
    transfers("1003", False, f'uuid_broadcast, "{mine} att_xfer::')
    happens("50g", 64, 157, "You ask")
    switch.tell("answer uuid_kill=-ERR Not now!")
    switch.says("answers")
    page.press("Enter", 13, "\r")
    switch.told(f'uuid_kill, "{mine} NORMAL_CLEARING"')
    page.until(SAID.format("-ERR Not now!"), PATIENCE)
    happens("50g", 157, 1000, "You are free")

    happens("50i", 0, 64, "You talk")
    transfers("1003", False, f'uuid_broadcast, "{leg("1002")} att_xfer::')
    happens("50i", 64, 155, "You ask")
    page.press("c")
    switch.told(f'uuid_kill, "{ASKED.findall(switch.transcript().encode())[-1].decode()} NORMAL_CLEARING"')
    happens("50i", 155, 202, "You talk")
    mine = leg("1002")
    page.press("X", shift=True)
    switch.told(f'uuid_kill, "{mine} NORMAL_CLEARING"')
    happens("50i", 202, 1000, "You are free")
