"""The page of people in a real Chromium: lamps, names in every field, calls handed over by mouse and by key."""

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.commands.living import SWITCH, store_until
from tests.api.conftest import Server, Site, until
from tests.api.web.chromium import Chromium
from tests.api.web.conftest import SignIn, axe, complaints

pytestmark = pytest.mark.browser
USER = "1001@alpha.example"
LINES = "document.querySelectorAll('.person .line').length"


@pytest.fixture
def server(site: Site) -> Iterator[Server]:
    """A server that knows of a switch; there is no bridge that would give its commands."""
    site.env["HARMONY_SWITCHES"] = SWITCH
    running = Server(site)
    yield running
    running.running.stop()


def line(name: str) -> str:
    """The first row of somebody."""
    return f"[...document.querySelectorAll('.person .line')].find(one => one.innerText.includes({name!r}))"


def commands(connection: psycopg.Connection[Any]) -> list[tuple[str, str | None]]:
    """What was commanded, and to whom."""
    query = "SELECT kind, coalesce(asked ->> 'to', '') FROM log.command ORDER BY number"
    return [(str(kind), str(to)) for kind, to in connection.execute(query).fetchall()]


def commanded(connection: psycopg.Connection[Any], *last: tuple[str, str]) -> None:
    until(lambda: commands(connection)[-len(last) :] == list(last), f"{last}, not {commands(connection)}")


def drop(page: Chromium, on: str, shift: bool = False) -> None:
    """Drag the first call of the strip on somebody."""
    page.value(
        "(() => { const data = new DataTransfer(), from = document.querySelector('.chip.drags'), to = "
        f"{line(on)}.closest('li'); const fire = (what, where) => where.dispatchEvent(new DragEvent(what, "
        f"{{bubbles: true, cancelable: true, dataTransfer: data, shiftKey: {str(shift).lower()}}})); "
        "fire('dragstart', from); fire('dragover', to); fire('drop', to); fire('dragend', from); })()"
    )


def test_whom_one_can_reach_and_what_one_does_with_them(
    signed_in: SignIn, server: Server, dsn: str, connection: psycopg.Connection[Any]
) -> None:
    with EventLog(dsn) as log:
        store_until(log, SWITCH, "01", "CHANNEL_BRIDGE", 1)  # 1001 talks with 1002
        store_until(log, SWITCH, "19", "CHANNEL_PROGRESS", 3)  # and rings at 1002, 1003, 1004
    Runner(dsn, CallFold, TOPICS).run_once()
    page = signed_in("/phone", USER)
    page.until("document.querySelector('.mycall') !== null")
    page.press("g")
    page.press("e")
    page.until(f"location.pathname === '/people' && {LINES} > 6")
    page.until(f"{line('Bob Alpha')}.innerText.includes('talks')")
    assert "rings" in page.value(f"{line('Carol Alpha')}.innerText")
    assert "unknown" in page.value(f"{line('Erin Alpha')}.innerText")
    # By name as one types; the arrows lead into what is left.
    page.press("f")
    page.type(".filter input", "car", enter=False)
    page.until("new Set([...document.querySelectorAll('.person .line')].map(one => one.innerText)).size === 1")
    page.press("Enter", 13, "\r")
    page.until("document.activeElement?.innerText?.includes('Carol Alpha')")
    page.press("s")
    page.until("document.querySelector('.circles h2').innerText.includes('Favourites')")
    page.press("t")
    commanded(connection, ("transfer.attended", "1003"))
    page.press("u")
    until(lambda: commands(connection)[-1][0] == "pickup", "the pickup")
    page.until("document.querySelector('harmony-people > .said').innerText.includes('Pick up at Carol Alpha')")
    # Kept at the server: another visit finds it.
    page.open(f"{server.address}/people")
    page.until("document.querySelector('.circles h2')?.innerText.includes('Favourites')")
    drop(page, "Dave Alpha")
    commanded(connection, ("transfer.attended", "1004"))
    drop(page, "Erin Alpha", shift=True)
    commanded(connection, ("transfer.blind", "1005"))
    page.press("t")
    page.until("document.activeElement?.closest('harmony-who') !== null")
    page.type("harmony-who input", "fra", enter=False)
    page.until("document.querySelector('harmony-who [aria-selected=true]')?.innerText.includes('Frank Alpha')")
    assert axe(page) == []
    page.press("Enter", 13, "\r")
    commanded(connection, ("transfer.attended", "1006"))
    page.value(f"{line('Erin Alpha')}.click()")
    page.until("document.activeElement?.innerText?.includes('Erin Alpha')")
    page.press("Enter", 13, "\r")
    commanded(connection, ("originate", "1005"))
    # What he sets shows at once, and how it was can be seen.
    with server.client() as client:
        assert client.put("/v1/users/1006@alpha.example/do-not-disturb", json={"on": True}).status_code == 200
    page.until(f"{line('Frank Alpha')}.innerText.includes('do not disturb')")
    page.value("document.querySelector('.head .push button').click()")
    page.until("document.querySelector('.scrub') !== null && location.search.startsWith('?at=')")
    page.until(f"{line('Bob Alpha')}?.innerText.includes('unknown')")
    assert page.value("document.querySelector('.chip.drags')") is None
    page.press("Escape", 27)
    page.until("document.querySelector('.scrub') === null")
    assert complaints(page) == []


def test_a_name_is_as_good_as_a_number_in_every_field(signed_in: SignIn, connection: psycopg.Connection[Any]) -> None:
    page = signed_in("/phone", USER)
    page.until("document.querySelector('.dial harmony-who input') !== null")
    page.type(".dial harmony-who input", "nobody here")
    page.until("document.querySelector('.dial .nobody').innerText.includes('nobody’s name')")
    page.value("document.querySelector('.dial harmony-who input').select()")
    page.type(".dial harmony-who input", "al bo", enter=False)
    page.until("document.querySelector('.dial [aria-selected=true]')?.innerText.includes('Bob Alpha')")
    page.press("Enter", 13, "\r")
    commanded(connection, ("originate", "1002"))
    page.value("document.activeElement.blur()")
    page.press("/")
    page.type("harmony-field input", "caro", enter=False)
    page.until("document.querySelector('#hit-0')?.innerText.includes('Call Carol Alpha')")
    page.press("Enter", 13, "\r")
    commanded(connection, ("originate", "1003"))
    assert complaints(page) == []
