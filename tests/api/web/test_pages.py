"""The pages in a real Chromium: signing in, calls, one call, live ones; hostile names, a server that goes away."""

import signal
from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from tests.api.conftest import Server
from tests.api.web.conftest import SignIn, axe, complaints

pytestmark = pytest.mark.browser
USER = "1002@alpha.example"
ROWS = "document.querySelectorAll('tr[data-call]').length"
STATE = "document.documentElement.dataset.connection"


def test_a_person_signs_in_by_keys_and_out(signed_in: SignIn, half: Callable[..., None], server: Server) -> None:
    half("04")  # 1002 was busy
    half("06")  # 1001 gave up while 1002 rang
    page = signed_in("/phone", USER)
    page.until("document.querySelector('h1')?.innerText.includes('You are free')")
    page.until("document.querySelector('.missed')?.innerText.includes('Alice Alpha')")
    secret = next(one["value"] for one in page.cookies() if one["name"] == "harmony_session")
    kept = page.value("JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, document.cookie])")
    assert secret not in kept
    assert "login-alpha" not in kept
    assert complaints(page) == []
    assert not [one for one in page.asked if not one.startswith((server.address, "data:", "about:"))]
    page.press("g")
    page.press("c")
    page.until(f"location.pathname === '/calls' && {ROWS} > 0")
    page.value("document.querySelector('.side .out').click()")
    page.until("!!document.querySelector('harmony-sign-in')")
    assert page.value("fetch('/v1/calls').then(r => r.status)") == 401


def test_a_search_is_an_address_and_its_rows_open(signed_in: SignIn, half: Callable[..., None]) -> None:
    for number in ("01", "03", "13", "31"):
        half(number)
    page = signed_in("/calls")
    page.until(f"{ROWS} === 4")
    page.until("document.querySelector('.sums dd')?.innerText === '4'")
    page.press("/")
    page.until("document.activeElement?.closest('.qbar') !== null")
    page.type(".qbar input", "transferred yes")
    page.until(f"location.search === '?has_transfer=true' && {ROWS} === 1")
    assert "has_transfer=true" in page.value("document.querySelector('.exports a').href")
    page.value("document.activeElement.blur()")
    page.press("j")
    page.press("Enter", 13, "\r")
    page.until("location.pathname.startsWith('/calls/') && document.querySelectorAll('.ladder .piece').length >= 9")
    drawn = page.value("document.querySelector('svg.ladder').getAttribute('aria-label')")
    assert [part.split()[0] for part in drawn.split("; ")] == ["rings", "talk", "on", "rings", "consult", "talk"]
    assert "attended transfer" in page.value("document.querySelector('svg.ladder').textContent")
    page.press("]")
    page.until("location.search === '?segment=0' && !!document.querySelector('.ladder .picked')")
    page.press("e")
    page.until("document.querySelectorAll('.diff ins').length > 10")
    assert "CHANNEL_ANSWER" in page.text() or "CHANNEL_CALLSTATE" in page.text()
    page.value("history.back()")
    page.until(f"location.search === '?has_transfer=true' && {ROWS} === 1")
    assert complaints(page) == []


def test_live_calls_come_grow_and_go_and_the_past_is_shown(signed_in: SignIn, half: Callable[..., None]) -> None:
    page = signed_in("/live")
    page.open(page.value("location.origin") + "/board#token=secret")  # as a bookmark of the board that stood there
    page.until("location.pathname === '/live' && !!document.querySelector('.side')")
    assert page.value("location.hash") == ""
    page.until("document.querySelector('.empty') !== null")
    half("01", 66)
    page.until(f"{ROWS} === 1")
    row = "document.querySelector('tr[data-call]').innerText"
    for words in ("talk", "Alice Alpha", "1002"):
        assert words in page.value(row)
    page.value("document.querySelector('tr[data-call] a').click()")
    page.until("!!document.querySelector('.ladder .nowline')")
    before = page.value("document.querySelector('.facts dd:nth-child(2), .facts div:nth-child(2) dd').innerText")
    page.until(f"document.querySelector('.facts div:nth-child(2) dd').innerText !== {before!r}")
    half("01")
    page.until(
        "!document.querySelector('.ladder .nowline') && document.querySelector('.head').innerText.includes('answered')"
    )
    page.open(page.value("location.origin") + "/live?at=2026-11-23T08:46:30Z")
    page.until("!!document.querySelector('.scrub') && document.querySelector('.conn.past') !== null")
    page.press("Escape", 27)
    page.until("!document.querySelector('.scrub')")


def test_hostile_names_are_shown_and_do_nothing(signed_in: SignIn, half: Callable[..., None]) -> None:
    half("45")
    page = signed_in("/calls")
    page.value("window.alert = () => { window.hit = true }; window.nodes = document.querySelectorAll('script').length")
    count = page.until(f"{ROWS} >= 9 && {ROWS}")
    text = page.text()
    assert "<script>alert(1)</script>" in text
    assert "Владимир Łukasz 李小龍" in text
    for n in range(count):
        page.value(f"document.querySelectorAll('tr[data-call] a')[{n}].click()")
        page.until("!!document.querySelector('harmony-one-call svg.ladder')")
        page.value("history.back()")
        page.until(f"{ROWS} === {count}")
    assert page.value("window.hit") is None
    assert page.value("document.querySelectorAll('script').length === window.nodes")
    assert complaints(page) == []


def test_a_call_that_becomes_part_of_another_leaves_the_page_and_markup_stays_text(
    signed_in: SignIn, half: Callable[..., None], connection: psycopg.Connection[Any]
) -> None:
    page = signed_in("/live")
    half("26", 76)  # 1001 rings 1002; 1003 has dialled *81002 to pick it up
    page.until(f"{ROWS} === 2")
    half("26", 116)
    page.until(f"{ROWS} === 1")
    assert "1003" in page.value("document.querySelector('tr[data-call]').innerText")
    # The fold is not the guard: whatever a document says, the page shows it as text.
    evil = "<img src=x onerror=window.hit=true>\u202e"
    connection.execute(
        "UPDATE calls.call SET as_of_position = as_of_position + 1000, document = (document::jsonb"
        " || jsonb_build_object('dialled', %(evil)s::text, 'state', %(evil)s::text, 'tenant', %(evil)s::text,"
        " 'from', jsonb_build_object('party', %(evil)s::text, 'name', %(evil)s::text)))::json",
        {"evil": evil},
    )
    connection.execute("UPDATE log.projection SET position = position + 1000")
    connection.execute("NOTIFY harmony_calls")
    page.until("document.querySelector('tr[data-call]').innerText.includes('<img src=x')")
    assert page.value("document.querySelectorAll('main img').length") == 0
    assert page.value("window.hit") is None


def test_a_server_that_goes_away_is_told_and_comes_back(
    signed_in: SignIn, half: Callable[..., None], server: Server
) -> None:
    page = signed_in("/live")
    half("01", 66)
    page.until(f"{ROWS} === 1 && {STATE} === 'live'")
    server.running.stop(signal.SIGKILL)
    page.until(f"{STATE} === 'reconnecting'")
    page.until(f"{STATE} === 'stale'")
    assert "Stale since" in page.text()
    standing = page.value("document.querySelector('td.tm').innerText")
    half("01")
    server.start()
    page.until(f"{STATE} === 'live'")
    page.until(f"{ROWS} === 0")
    assert standing
    assert "Live" in page.value("document.querySelector('.conn').innerText")
    server.running.process.send_signal(signal.SIGSTOP)  # the connection stands, and nothing comes
    try:
        page.until(f"{STATE} === 'stale'")
    finally:
        server.running.process.send_signal(signal.SIGCONT)
    page.until(f"{STATE} === 'live'")


def test_one_company_sees_nothing_of_another(
    signed_in: SignIn, half: Callable[..., None], connection: psycopg.Connection[Any]
) -> None:
    half("42")  # two companies with the same numbers
    row = connection.execute("SELECT call_id FROM calls.call WHERE tenant = 'beta.example'").fetchone()
    assert row is not None
    page = signed_in("/calls", "1006@alpha.example")
    page.until(f"{ROWS} > 0")
    assert "Beta" not in page.text()
    page.open(page.value("location.origin") + f"/calls/{row[0]}")
    page.until("document.querySelector('.empty h2') !== null")
    assert "Beta" not in page.text()


def test_axe_finds_nothing_on_any_page_wide_and_narrow_light_and_dark(
    signed_in: SignIn, half: Callable[..., None], server: Server
) -> None:
    half("13")
    half("31")
    page = signed_in("/calls", USER)
    page.until(f"{ROWS} > 0")
    call = page.value("document.querySelector('tr[data-call]').dataset.call")
    found = {}
    for path, ready in (
        ("/calls", "!!document.querySelector('.vt tbody a') && !!document.querySelector('.sums small')"),
        (f"/calls/{call}", "!!document.querySelector('svg.ladder')"),
        ("/live", "!!document.querySelector('.empty')"),
        ("/live?at=2026-11-23T08:51:20Z", "!!document.querySelector('.scrub')"),
        ("/phone", "!!document.querySelector('.dial')"),
        ("/people", "!!document.querySelector('.person')"),
        ("/me", "!!document.querySelector('.me-lay')"),
    ):
        for width, dark in ((1440, False), (390, True)):
            page.size(width, 900, dark)
            page.open(server.address + path)
            page.until(ready)
            if wrong := axe(page):
                found[f"{path} {width}"] = wrong
            wide = page.value("document.documentElement.scrollWidth")
            assert wide <= width, f"{path} is {wide} px wide at {width}"
    page.without_cookies()
    page.open(server.address + "/")
    page.until("!!document.querySelector('harmony-sign-in input')")
    if wrong := axe(page):
        found["sign-in"] = wrong
    assert found == {}


def test_russian_is_spoken_and_kept(signed_in: SignIn, half: Callable[..., None]) -> None:
    half("31")
    page = signed_in("/me", "1006@alpha.example")
    page.until("[...document.querySelectorAll('.me-lay button')].some(b => b.lang === 'ru')")
    page.value("[...document.querySelectorAll('.me-lay button')].find(b => b.lang === 'ru').click()")
    page.until("document.documentElement.lang === 'ru' && document.querySelector('.nav').innerText.includes('Звонки')")
    page.open(page.value("location.origin") + "/calls")
    page.until(f"{ROWS} > 0 && document.body.innerText.includes('не дождался')")
    page.value("localStorage.clear()")


def test_a_note_and_a_tag_are_written_by_keys_and_taken_away(signed_in: SignIn, half: Callable[..., None]) -> None:
    half("01")
    page = signed_in("/calls", USER)
    page.until(f"{ROWS} === 1")
    page.value("document.querySelector('tr[data-call] a').click()")
    page.until("!!document.querySelector('harmony-notes textarea')")
    page.press("n")
    page.type("harmony-notes textarea", "Wants <b>a call</b> back.", enter=False)
    page.value("document.querySelector('harmony-notes .write').requestSubmit()")
    page.until("document.querySelector('.noted li')?.innerText.includes('Wants <b>a call</b> back.')")
    assert USER in page.value("document.querySelector('.noted').innerText")
    page.type("harmony-notes input[name=tag]", "call back")
    page.until("document.querySelector('harmony-notes .tag')?.innerText.includes('call-back')")
    page.value("document.querySelector('.noted .x').click()")
    page.until("!document.querySelector('.noted') && !!document.querySelector('harmony-notes [role=status] .btn')")
    page.value("document.querySelector('harmony-notes [role=status] .btn').click()")
    page.until("!!document.querySelector('.noted li')")
    assert complaints(page) == []
