"""What users wish by feature codes: once, in order, of legs of our own switches; over a directory that is away."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from bridge.fetch.request import request
from bridge.process.wishes import Wishes
from bridge.term import decode
from core.capture import read_capture
from core.headers import header, text
from core.log import EventLog, Incoming
from core.log.imported import Origin
from core.log.prepare import Preparer
from core.registry.entries import User
from core.registry.file import FileSource
from core.registry.ldap import LdapSource
from core.registry.live import LiveRegistry
from tests.core.made import event
from tests.core.registry.examples import EXAMPLE
from tests.fix_slapd import Slapd
from tests.fix_switch import CAPTURES, StartBridge, StartSwitch, eventually

pytestmark = pytest.mark.erlang
SWITCH = "freeswitch@pbx1"
_numbers = iter(range(1, 1_000_000))


def wished(what: str, value: str, user: str = "1001", domain: str = "alpha.example", **more: str) -> bytes:
    whose = {"Harmony_Domain": domain, "Harmony_User": user}
    fields: dict[str, Any] = whose | {"Harmony_Wish": what, "Harmony_Value": value}
    return event(next(_numbers), "CUSTOM", Event_Subclass="harmony_feature::wish", **(fields | more))


def store(dsn: str, *terms: bytes, switch: str = SWITCH) -> None:
    with EventLog(dsn) as log:
        assert log.append([Incoming(switch, term, 1_795_000_000_000_000) for term in terms]) == len(terms)


def actions(dsn: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    """What is recorded: action, by whom, about whom, details."""
    with EventLog(dsn) as log:
        own = log.read(0, 10_000, ["CUSTOM harmony::operator"])

    def get(term: bytes, name: str) -> str:
        return text(header(term, name.encode()) or b"")

    return [
        (
            get(one.term, "Harmony-Action"),
            get(one.term, "Harmony-By"),
            get(one.term, "Harmony-Subject"),
            json.loads(get(one.term, "Harmony-Details")),
        )
        for one in own
    ]


@pytest.fixture
def live(tmp_path: Path) -> Iterator[LiveRegistry]:
    shutil.copy(EXAMPLE, tmp_path / "registry.ldif")
    registry = LiveRegistry(FileSource(tmp_path / "registry.ldif"), poll=0.05)
    registry.start()
    yield registry
    registry.stop()


@pytest.fixture
def start(dsn: str, live: LiveRegistry) -> Iterator[Callable[..., Wishes]]:
    running: list[Wishes] = []

    def begin(registry: LiveRegistry = live, *switches: str) -> Wishes:
        one = Wishes(dsn, registry, switches or (SWITCH,), poll=0.02)
        with psycopg.connect(dsn, autocommit=True) as connection:
            one._begin(connection)
        one.start()
        running.append(one)
        return one

    yield begin
    for one in running:
        one.stop()


def is_fetch(term: bytes) -> bool:
    return request(decode(term)) is not None


def user(live: LiveRegistry, name: str = "1001", domain: str = "alpha.example") -> User:
    found = live.current.user(domain, name)
    assert found is not None
    return found


async def test_wishes_are_done_once_and_in_order(dsn: str, live: LiveRegistry, start: Callable[..., Wishes]) -> None:
    wishes = start()
    store(dsn, wished("forward.always", "1002"), wished("forward.always", "off"), wished("forward.always", "1003"))
    store(dsn, wished("do-not-disturb", "on", domain="beta.example"), wished("forward.no-answer", "0305551234"))
    await eventually(lambda: wishes.stats.done == 5)
    assert user(live).forward_always == "1003"
    assert user(live).forward_no_answer == "0305551234"
    assert not user(live).do_not_disturb
    assert user(live, domain="beta.example").do_not_disturb
    wishes.stop()
    again = start()
    store(dsn, wished("do-not-disturb", "on"))
    await eventually(lambda: again.stats.done == 1 and len(actions(dsn)) == 6)
    told = actions(dsn)
    assert [(what, by, who) for what, by, who, _ in told] == [
        *[("user.forward", "1001@alpha.example", "1001@alpha.example")] * 3,
        ("user.do-not-disturb", "1001@beta.example", "1001@beta.example"),
        ("user.forward", "1001@alpha.example", "1001@alpha.example"),
        ("user.do-not-disturb", "1001@alpha.example", "1001@alpha.example"),
    ]
    assert [(one.get("kind"), one.get("target")) for *_, one in told[:3]] == [
        ("always", "1002"),
        ("always", None),
        ("always", "1003"),
    ]


async def test_what_cannot_be_wished_is_recorded_and_changes_nothing(
    dsn: str, live: LiveRegistry, start: Callable[..., Wishes]
) -> None:
    wishes = start()
    before = live.current
    store(
        dsn,
        wished("forward.always", "1002", user="9999"),
        wished("forward.always", "1002", domain="nowhere.example"),
        wished("forward.always", "1002\r\nharmonySipPassword: x"),
        wished("forward.always", "1001"),
        wished("become.root", "on"),
        wished("do-not-disturb", "on", domain="beta.example", Caller_Context="alpha.example"),
        wished("", "", user="", domain=""),
        event(next(_numbers), "CUSTOM", leg=None, Event_Subclass="harmony_feature::wish"),
    )
    await eventually(lambda: wishes.stats.refused == 8)
    assert wishes.stats.done == 0
    assert live.current is before
    assert {what for what, *_ in actions(dsn)} == {"user.refused"}


@pytest.mark.parametrize("damage", ["cut", "no_state"])
async def test_a_damaged_wish_is_put_aside_and_ends_nobody_elses(dsn: str, live: LiveRegistry, damage: str) -> None:
    switches = (SWITCH, "freeswitch@pbx2")
    wishes = Wishes(dsn, live, switches, poll=0.02)
    with psycopg.connect(dsn, autocommit=True) as connection:
        wishes._begin(connection)
        store(dsn, wished("do-not-disturb", "on"), wished("forward.always", "1003"), wished("forward.busy", "1003"))
        other = wished("do-not-disturb", "on", user="1002", core="99999999-9999-4999-8999-999999999999")
        store(dsn, other, switch=switches[1])
        broken = b"\x00" + wished("forward.always", "1003")[:-40] if damage == "cut" else b"\x02"
        connection.execute("UPDATE log.switch_event SET state = %s WHERE position = 2", [broken])
    wishes.start()
    try:
        await eventually(lambda: wishes.stats.done == 3)
    finally:
        wishes.stop()
    assert user(live).do_not_disturb
    assert user(live).forward_always is None
    assert user(live).forward_busy == "1003"
    assert user(live, "1002").do_not_disturb
    (refused,) = [details for what, *_, details in actions(dsn) if what == "user.refused"]
    assert refused["caused_position"] == 2
    assert wishes.standing.put_aside == 1
    assert wishes.standing.trouble is None


async def test_wishes_of_others_and_of_the_past_are_left_alone(
    dsn: str, live: LiveRegistry, start: Callable[..., Wishes]
) -> None:
    store(dsn, wished("do-not-disturb", "on", user="1002"))
    wishes = start()
    elsewhere = wished("do-not-disturb", "on", user="1003", core="99999999-9999-4999-8999-999999999999")
    store(dsn, elsewhere, switch="freeswitch@elsewhere")
    old = Preparer().prepare([Incoming(SWITCH, wished("do-not-disturb", "on", user="1004"), 1)])
    with EventLog(dsn) as log:
        log.append_prepared(old, Origin("old-calls"))
    store(dsn, wished("do-not-disturb", "on", user="1001"))
    await eventually(lambda: wishes.stats.done + wishes.stats.refused > 0)
    assert user(live).do_not_disturb
    assert [who for _, _, who, _ in actions(dsn)] == ["1001@alpha.example"]


async def test_two_bridges_of_one_switch_do_each_wish_once(
    dsn: str, live: LiveRegistry, start: Callable[..., Wishes]
) -> None:
    both = [start(), start()]
    store(dsn, *(wished("forward.busy", str(1002 + n % 4)) for n in range(40)))
    await eventually(lambda: sum(one.stats.done for one in both) >= 40)
    assert [details["target"] for *_, details in actions(dsn)] == [str(1002 + n % 4) for n in range(40)]
    assert user(live).forward_busy == "1005"


async def test_with_the_directory_away_wishes_wait_and_say_so(
    dsn: str, slapd: Slapd, start: Callable[..., Wishes], tmp_path: Path
) -> None:
    live = LiveRegistry(LdapSource(slapd.directory), tmp_path, poll=0.05)
    live.start()
    try:
        wishes = start(live)
        slapd.kill()
        store(dsn, wished("forward.always", "1002"), wished("forward.always", "1004"))
        await eventually(lambda: "directory" in wishes.stats.trouble)
        assert wishes.stats.done == 0
        slapd.start()
        await eventually(lambda: wishes.stats.done == 2, patience=60)
        assert user(live).forward_always == "1004"
        assert wishes.stats.refused == 0
    finally:
        wishes.stop()
        live.stop()


async def test_over_the_wire_a_wish_shows_in_what_the_switch_fetches_next(
    dsn: str,
    live: LiveRegistry,
    start: Callable[..., Wishes],
    start_switch: StartSwitch,
    start_bridge: StartBridge,
    tmp_path: Path,
) -> None:
    """The recorded fetch of capture 56, in which 1001 calls 1002."""
    switch = await start_switch()
    await start_bridge(dsn, switch.name, registry=live)
    wishes = start(live, switch.name)
    records = read_capture(CAPTURES / "56-xml-fetch" / "events.etf.gz")
    asked = [(one.term, request(decode(one.term))) for one in records if is_fetch(one.term)]
    (tmp_path / "fetch").write_bytes(next(term for term, what in asked if what and what.section == "dialplan"))

    async def plan() -> str:
        return await switch.tell(f"fetch-recorded {tmp_path / 'fetch'}", "fetched")

    assert "user/1002@gamma.example" in await plan()
    await switch.tell(
        "event CUSTOM harmony_feature::wish 1e900000-0000-4000-8000-000000000001 Harmony-Domain=gamma.example "
        "Harmony-User=1002 Harmony-Wish=forward.always Harmony-Value=0305551234 Caller-Context=gamma.example"
    )
    await eventually(lambda: wishes.stats.done == 1)
    forwarded = await plan()
    assert "user/1002@gamma.example" not in forwarded
    assert "0305551234" in forwarded
