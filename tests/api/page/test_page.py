"""The page in a real browser: live calls come and go, hostile names do nothing, and it says when it is stale."""

import signal
from collections.abc import Callable, Iterator
from typing import Any

import psycopg
import pytest

from api.operations.captures import import_file
from core.capture import read_capture, write_capture
from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import Server, Site, capture
from tests.api.page.chromium import Chromium

pytestmark = pytest.mark.browser
LIVE = "document.querySelectorAll('#live tr').length"
ENDED = "document.querySelectorAll('#ended tr').length"
STATE = "(document.getElementById('state')?.textContent ?? '')"


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    running = Chromium(tmp_path_factory.mktemp("chromium"))
    yield running
    running.close()


@pytest.fixture
def browser(chromium: Chromium) -> Iterator[Chromium]:
    """One browser for all tests; each has a server, and so an origin and its storage, of its own."""
    chromium.forget()
    yield chromium
    chromium.open("about:blank")


@pytest.fixture
def page(browser: Chromium, server: Server) -> Chromium:
    browser.open(f"{server.address}/board#token={server.token}")
    browser.until(f"{STATE} === 'Live'")
    return browser


@pytest.fixture
def half(site: Site) -> Callable[[str, int], None]:
    """Import the first records of a capture and fold them: its call is live then."""

    def run(number: str, records: int) -> None:
        path = site.data / f"{number}.etf"
        write_capture(path, [(r.received_at, r.term) for r in read_capture(capture(number))][:records])
        assert site.dsn is not None
        with EventLog(site.dsn) as log:
            import_file(log, path, None, lambda offset: None)
        Runner(site.dsn, CallFold, TOPICS).run_once()

    return run


def complaints(browser: Chromium) -> list[dict[str, Any]]:
    """What the console holds, without the requests that failed because a test stopped the server."""
    return [said for said in browser.said if "Failed to load resource" not in str(said)]


def test_calls_come_and_go_and_the_times_tick(page: Chromium, half: Callable[[str, int], None]) -> None:
    assert page.value("document.getElementById('nobody').hidden") is False
    half("01", 66)
    page.until(f"{LIVE} === 1")
    row = "document.querySelector('#live tr').innerText"
    shown = page.value(row)
    for words in ("1001", "Alice Alpha", "1002", "talking"):
        assert words in shown
    before = page.value("document.querySelector('#live td.number').textContent")
    page.until(f"document.querySelector('#live td.number').textContent !== {before!r}")
    assert page.value("document.querySelectorAll('#live .bar i.talk').length") == 1
    half("01", 1000)
    page.until(f"{LIVE} === 0 && {ENDED} === 1")
    ended = page.value("document.querySelector('#ended tr').innerText")
    assert "answered" in ended
    assert "1001, NORMAL_CLEARING" in ended
    assert complaints(page) == []


def test_a_call_that_becomes_part_of_another_leaves_the_page(page: Chromium, half: Callable[[str, int], None]) -> None:
    half("26", 76)  # 1001 rings 1002; 1003 has dialled *81002 to pick it up
    page.until(f"{LIVE} === 2")
    half("26", 116)
    page.until(f"{LIVE} === 1")
    assert "1003" in page.value("document.querySelector('#live tr').innerText")


def test_a_call_opens_with_its_story(page: Chromium, half: Callable[[str, int], None]) -> None:
    half("13", 1000)
    page.until(f"{ENDED} === 1")
    page.value("document.querySelector('#ended tr').click()")
    story = page.until("document.getElementById('detail').open && document.querySelector('#story ol')?.innerText")
    assert "attended transfer by 1002 to 1003: completed" in story
    assert "hold: " in story


def test_hostile_names_are_shown_and_do_nothing(page: Chromium, half: Callable[[str, int], None]) -> None:
    page.value("window.alert = () => { window.hit = true }; window.nodes = document.querySelectorAll('script').length")
    half("45", 2000)
    count = page.until(f"{ENDED} >= 9 && {ENDED}")
    text = page.value("document.getElementById('ended').innerText")
    assert "<script>alert(1)</script>" in text
    assert "\\u000d\\u000aEvent-Name: CHANNEL_HANGUP" in text, "a line break in a name is shown as an escape"
    assert "Владимир Łukasz 李小龍" in text
    assert page.value("window.hit") is None
    assert page.value("document.querySelectorAll('script').length === window.nodes")
    assert page.value("document.querySelectorAll('#ended script, #ended img, #ended a').length") == 0
    assert page.value("[...document.querySelectorAll('#ended tr')].every(r => r.children.length === 6)")
    for n in range(count):
        page.value(f"document.querySelectorAll('#ended tr')[{n}].click()")
        page.until("!!document.querySelector('#story ol')")
        page.value("document.getElementById('detail').close()")
    assert page.value("window.hit") is None
    assert complaints(page) == []


def test_markup_from_anywhere_in_a_document_stays_text(
    page: Chromium, half: Callable[[str, int], None], connection: psycopg.Connection[Any]
) -> None:
    """The fold is not the guard: whatever a document says, the page shows it as text."""
    half("01", 66)
    page.until(f"{LIVE} === 1")
    evil = "<img src=x onerror=window.hit=true>\u202e"
    connection.execute(
        "UPDATE calls.call SET as_of_position = as_of_position + 1000, document = (document::jsonb"
        " || jsonb_build_object('dialled', %(evil)s::text, 'state', %(evil)s::text, 'tenant', %(evil)s::text,"
        " 'from', jsonb_build_object('party', %(evil)s::text, 'name', %(evil)s::text)))::json",
        {"evil": evil},
    )
    connection.execute("UPDATE log.projection SET position = position + 1000")
    connection.execute("NOTIFY harmony_calls")
    page.until("document.querySelector('#live tr').innerText.includes('<img src=x')")
    assert "\u202e" not in page.text()
    assert page.value("document.querySelectorAll('#board img').length") == 0
    assert page.value("window.hit") is None


def test_it_says_that_it_is_stale_when_the_server_is_gone_and_when_it_is_back(
    page: Chromium, server: Server, half: Callable[[str, int], None]
) -> None:
    half("01", 66)
    page.until(f"{LIVE} === 1")
    server.running.stop(signal.SIGKILL)
    page.until(f"{STATE}.startsWith('Stale')")
    notice = page.value("document.getElementById('notices').innerText")
    assert "Nothing was heard from the server since" in notice
    assert page.value("document.body.classList.contains('stale')")
    stood = page.value("document.querySelector('#live td.number').textContent")
    page.until("document.getElementById('state').textContent >= 'Stale for 0:03'")
    assert page.value("document.querySelector('#live td.number').textContent") == stood, "a stale clock stands still"
    server.start()
    page.until(f"{STATE} === 'Live'")
    assert page.value("document.getElementById('notices').innerText") == ""
    assert page.value(LIVE) == 1


def test_a_server_that_hangs_is_stale_too(page: Chromium, server: Server) -> None:
    """The connection stands, but nothing comes."""
    server.running.process.send_signal(signal.SIGSTOP)
    try:
        page.until(f"{STATE}.startsWith('Stale')")
    finally:
        server.running.process.send_signal(signal.SIGCONT)
    page.until(f"{STATE} === 'Live'")


def test_it_says_when_the_link_to_a_switch_is_down(page: Chromium, connection: psycopg.Connection[Any]) -> None:
    connection.execute(
        "INSERT INTO log.service (name, part, host, pid, started_at, updated_at, status) VALUES"
        " ('bridge x', 'bridge', 'h', 1, now(), now() + interval '1 hour', '{\"switches\": [{\"switch\":"
        ' "freeswitch@<b>pbx</b>", "link": "down", "since": "2026-11-23T09:00:00Z"}]}\')'
    )
    page.until(f"{STATE} === 'Live, with gaps'")
    assert "The link to freeswitch@<b>pbx</b> is down" in page.value("document.getElementById('notices').innerText")


def test_the_token_stays_in_the_session_and_out_of_the_address(page: Chromium, server: Server) -> None:
    assert page.value("location.href") == f"{server.address}/board"
    assert page.value("sessionStorage.getItem('harmony.token')") == server.token
    assert page.value("localStorage.length + document.cookie.length") == 0
    assert all(address.startswith((server.address, "about:")) for address in page.asked), page.asked
    page.open(f"{server.address}/board")
    page.until(f"{STATE} === 'Live'")


def test_without_a_token_it_asks_for_one(browser: Chromium, server: Server) -> None:
    browser.open(f"{server.address}/board")
    browser.until("document.getElementById('login')?.hidden === false")
    give = "document.getElementById('token').value = {0!r}; document.querySelector('#login button').click()"
    browser.value(give.format("wrong"))
    browser.until(f"{STATE}.includes('not the one of this server')")
    browser.value(give.format(server.token))
    browser.until(f"{STATE} === 'Live'")
    assert browser.value("document.getElementById('board').hidden") is False
