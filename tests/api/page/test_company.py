"""The page with the token of a company: it works, and shows that company's calls alone."""

import pytest

from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.access.companies import ALPHA, LIVE, begun, both
from tests.api.conftest import Server, Site
from tests.api.page.chromium import Chromium
from tests.api.page.test_page import browser, chromium

__all__ = ["browser", "chromium"]
pytestmark = pytest.mark.browser


def test_a_company_sees_its_own_live_calls_until_its_token_is_revoked(
    browser: Chromium,
    server: Server,
    site: Site,
) -> None:
    assert site.dsn is not None
    with EventLog(site.dsn) as log:
        both(log, begun(LIVE[0], b"d000"))
    Runner(site.dsn, CallFold, TOPICS).run_once()
    token = site.ok("tokens", "make", "board", "--tenant", ALPHA, "--json").json["token"]
    browser.open(f"{server.address}/board#token={token}")
    browser.until("document.querySelectorAll('#live tr').length === 1")
    assert "Alice Alpha" in browser.text()
    assert "Zqxvj" not in browser.text()
    site.ok("tokens", "revoke", "board")
    browser.until("document.getElementById('login') && !document.getElementById('login').hidden")
