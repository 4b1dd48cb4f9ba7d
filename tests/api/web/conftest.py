"""A browser before a real server: somebody signs in, calls come in."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.operations.captures import import_file
from core.capture import read_capture, write_capture
from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import Server, Site, capture
from tests.api.web.chromium import Chromium

TOP = Path(__file__).parents[3]
EXAMPLE = TOP / "rel" / "ldap" / "example.ldif"
AXE = TOP / "api" / "web" / "node_modules" / "axe-core" / "axe.min.js"
SignIn = Callable[..., Chromium]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    running = Chromium(tmp_path_factory.mktemp("chromium"))
    yield running
    running.close()


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Chromium]:
    """One browser for all tests; each has a server, and so an origin, of its own; cookies know no ports."""
    chromium.without_cookies()
    chromium.forget()
    chromium.size(1440, 900)
    yield chromium
    chromium.open("about:blank")


@pytest.fixture
def registry(site: Site) -> Path:
    site.data.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(EXAMPLE, site.data / "registry.ldif"))


@pytest.fixture
def signed_in(browser: Chromium, registry: Path, server: Server) -> SignIn:
    """Somebody at a page: a user with the password of the example, or the operator with the token."""

    def run(path: str, user: str | None = None) -> Chromium:
        browser.open(f"{server.address}{path}")
        browser.until("!!document.querySelector('harmony-sign-in input')")
        if user is None:
            browser.value("[...document.querySelectorAll('.link')].at(-1).click()")
            browser.until("!!document.querySelector('input[name=token]')")
            browser.type("input[name=token]", server.token)
        else:
            name, _, company = user.partition("@")
            browser.type("input[name=user]", user, enter=False)
            browser.type("input[name=password]", f"login-{company.partition('.')[0]}-{name}")
        browser.until("!!document.querySelector('.side')")
        return browser

    return run


@pytest.fixture
def half(site: Site) -> Callable[..., None]:
    """Import the first records of a capture and fold them: its call is live then."""

    def run(number: str, records: int = 100_000) -> None:
        path = site.data / f"{number}.etf"
        write_capture(path, [(r.received_at, r.term) for r in read_capture(capture(number))][:records])
        assert site.dsn is not None
        with EventLog(site.dsn) as log:
            import_file(log, path, None, lambda offset: None)
        Runner(site.dsn, CallFold, TOPICS).run_once()

    return run


def complaints(browser: Chromium) -> list[dict[str, Any]]:
    """What the console holds, without requests that were to fail."""
    return [said for said in browser.said if "Failed to load resource" not in str(said)]


def axe(browser: Chromium) -> list[str]:
    """What axe finds wrong with the page as it stands."""
    browser.inject(AXE.read_text(encoding="utf-8"))
    found = browser.value(
        "axe.run(document, {resultTypes: ['violations']}).then(r => JSON.stringify(r.violations.map(v => "
        "[v.id, v.help, v.nodes.slice(0, 3).map(n => n.html.slice(0, 200))])))"
    )
    return [str(one) for one in json.loads(found)]
