"""How busy is a browser with 500 live calls and 20 changes a second, how soon is one painted, how big is the page?

Why: a board that lags or makes the fan run is closed, and a page that comes slowly is not opened twice. Everything runs
as it does for a site: events of recorded calls are stored, folded, published, streamed, and drawn by a real Chromium. A
change is a hold or its end, as the switch told it. Painted is the frame behind the one in which the row of the call
changed, on a page so high that it shows some hundred rows; stored is when its event was given to the log. Busy is the
time of the main thread (thread ticks) on a page of the usual height.
"""

from __future__ import annotations

import re
import time
from itertools import cycle
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import httpx

from bench import corpus, servers
from bench.report import Row, Table
from bench.stream import _harmony
from core.event import identify
from core.log import EventLog, Incoming
from tests.api.web.chromium import Chromium

CALLS = 500
RATE = 20
"""changes a second"""
SECONDS = 10
HIGH = 4000
"""px"""
ROUNDS = 3
SCENARIO = "17-hold-twice"
CHANGES = frozenset({"CHANNEL_HOLD", "CHANNEL_UNHOLD"})
_WATCH = """
    window.painted = [];
    const shown = new Map(), state = (row) => row.querySelector('.st')?.className ?? '';
    new MutationObserver(() => {
        const changed = [];
        for (const row of document.querySelectorAll('tr[data-call]')) {
            const id = row.dataset.call, now = state(row);
            if (shown.has(id) && shown.get(id) !== now) changed.push(id);
            shown.set(id, now);
        }
        if (changed.length) requestAnimationFrame(() => setTimeout(() => {
            const at = performance.timeOrigin + performance.now();
            for (const id of changed) painted.push([id, at]);
        }, 0));
    }).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
"""
_VISIBLE = """
    [...document.querySelectorAll('tr[data-call]')].filter((row) => {
        const at = row.getBoundingClientRect();
        return at.top > 80 && at.bottom < innerHeight - 40;
    }).map((row) => row.dataset.call)
"""


class _Calls:
    """Calls of one recording, each with ids of its own, of which each goes on by a hold or its end when told to."""

    def __init__(self, count: int) -> None:
        terms = corpus.terms(SCENARIO)
        steps = [n for n, term in enumerate(terms) if identify(term).topic in CHANGES]
        self._bounds = [steps[0], *steps[1:], steps[-1] + 1]
        self.ids: list[str] = []
        self._terms: dict[str, list[bytes]] = {}
        self._at: dict[str, int] = {}
        core = identify(terms[0]).core_uuid.encode()
        for n in range(count):
            # One life of the switch for all: another one would end the calls of the one before.
            other: dict[bytes, bytes] = {core: core}

            def renamed(found: re.Match[bytes], n: int = n, other: dict[bytes, bytes] = other) -> bytes:
                made = str(UUID(int=(0xBE0C << 112) + (n << 32) + len(other))).encode()
                return other.setdefault(found[0], made)

            mine = [corpus._UUID.sub(renamed, term) for term in terms]
            leg = next(identify(term).leg for term in mine if identify(term).leg)
            assert leg is not None
            self.ids.append(leg)
            self._terms[leg], self._at[leg] = mine, 0

    def beginning(self, call: str) -> list[bytes]:
        return self._terms[call][: self._bounds[0]]

    def change(self, call: str) -> list[bytes]:
        """What follows up to the next hold or its end; nothing when the recording has no more of them."""
        at = self._at[call]
        if at + 1 >= len(self._bounds):
            return []
        self._at[call] += 1
        begin, end = self._bounds[at], self._bounds[at + 1]
        return self._terms[call][begin : max(end, begin + 1)]


def measure() -> Table:
    """The bytes of the first page, then the time to the paint, then the busy share."""
    busy, waits = [], []
    with (
        servers.database() as dsn,
        TemporaryDirectory(prefix="harmony-bench-") as directory,
        _harmony(dsn, Path(directory)) as (port, token, _),
        EventLog(dsn) as log,
    ):
        calls = _Calls(CALLS)
        for call in calls.ids:
            _store(log, calls.beginning(call))
        size = _first_load(port)
        browser = Chromium(Path(directory) / "chromium")
        try:
            _open(browser, port, token)
            browser.size(1440, HIGH)
            browser.until(f"({_VISIBLE}).length > 60")
            browser.value(f"(() => {{{_WATCH}}})()")
            visible = [call for call in browser.value(_VISIBLE) if call in calls.ids]
            stored = _changes(log, calls, visible, 2 * SECONDS)
            time.sleep(2)
            waits = _waits(stored, browser.value("painted"))
            browser.open(f"http://127.0.0.1:{port}/live")  # without what watched
            browser.size(1440, 900)
            browser.until("document.querySelectorAll('tr[data-call]').length > 10", 60)
            time.sleep(2)
            others = [call for call in calls.ids if call not in visible]
            for _ in range(ROUNDS):
                before = _metrics(browser)
                _changes(log, calls, others, SECONDS)
                after = _metrics(browser)
                busy.append(100 * (after["TaskDuration"] - before["TaskDuration"]) / (after["at"] - before["at"]))
        finally:
            browser.close()
    rows = [
        Row(f"main thread, {CALLS} live calls, {RATE} changes/s", busy, "% busy"),
        Row("stored to painted, p50", [quantiles(waits, n=100)[49]], "ms"),
        Row("stored to painted, p99", [quantiles(waits, n=100)[98]], "ms"),
        Row("first load, compressed, fonts in it", [size / 1000], "kB"),
    ]
    notes = [f"{len(waits)} paints of {len(stored)} changes of {len(visible)} visible rows"]
    return Table("page", "the live page in Chromium, 1440 by 900, all parts on this machine", rows, notes=notes)


def _store(log: EventLog, terms: list[bytes]) -> None:
    log.append([Incoming("freeswitch@pbx1", term, 0) for term in terms])


def _open(browser: Chromium, port: int, token: str) -> None:
    browser.size(1440, 900)
    browser.open(f"http://127.0.0.1:{port}/sign-in")
    browser.until("!!document.querySelector('form')")
    browser.value(
        "fetch('/v1/session', {method: 'POST', headers: {'Content-Type': 'application/json'}, "
        f"body: JSON.stringify({{token: {token!r}}})}}).then(answer => answer.ok)"
    )
    browser.open(f"http://127.0.0.1:{port}/live")
    there = "fetch('/v1/live').then(answer => answer.json()).then(board => board.calls.length)"
    deadline = time.monotonic() + 120
    while browser.value(there) < CALLS:
        if time.monotonic() > deadline:
            raise RuntimeError(f"{browser.value(there)} calls are live, not {CALLS}.")
        time.sleep(0.5)
    browser.until("document.querySelectorAll('tr[data-call]').length > 10", 60)
    time.sleep(2)


def _changes(log: EventLog, calls: _Calls, among: list[str], seconds: float) -> dict[str, list[float]]:
    """Store changes at the rate; when, by call, in ms since 1970."""
    stored: dict[str, list[float]] = {}
    turn, begin, idle = cycle(among), time.monotonic(), 0
    for n in range(int(seconds * RATE)):
        time.sleep(max(0.0, begin + n / RATE - time.monotonic()))
        call = next(turn)
        while not (terms := calls.change(call)) and idle < len(among):
            call, idle = next(turn), idle + 1
        if not terms:
            break
        idle = 0
        at = time.time() * 1000
        _store(log, terms)
        stored.setdefault(call, []).append(at)
    return stored


def _waits(stored: dict[str, list[float]], painted: list[list[Any]]) -> list[float]:
    """For each change the first paint of its row behind it and before the next one."""
    found = []
    for call, times in stored.items():
        paints = [at for which, at in painted if which == call]
        for at, until in zip(times, [*times[1:], float("inf")], strict=True):
            found += [paint - at for paint in paints if at <= paint < until][:1]
    return found


def _metrics(browser: Chromium) -> dict[str, float]:
    browser._page("Performance.enable", timeDomain="threadTicks")
    found = {one["name"]: float(one["value"]) for one in browser._page("Performance.getMetrics")["metrics"]}
    return found | {"at": time.monotonic()}


def _first_load(port: int) -> int:
    """Bytes of the page and of all that it loads before it is used."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:

        def asked(path: str) -> tuple[int, bytes]:
            with client.stream("GET", path, headers={"Accept-Encoding": "gzip, br"}) as answer:
                raw = b"".join(answer.iter_raw())
            return len(raw), client.get(path, headers={"Accept-Encoding": "identity"}).content

        size, page = asked("/live")
        for name in re.findall(rb'(?:src|href)="(/assets/[^"]+)"', page):
            more, text = asked(name.decode())
            size += more
            for font in re.findall(rb"/assets/[\w.-]+\.woff2", text):
                size += asked(font.decode())[0]
        return size
