"""The store of commands in a real database: one command a key, one taker, one outcome, and all of it in the log."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import psycopg
import pytest

from core.commands.orders import (
    BadOrder,
    Command,
    Dtmf,
    Hangup,
    KeyReused,
    Order,
    RecordStart,
    RecordStop,
    SendMessage,
    TransferAttendedCancel,
    TransferAttendedStart,
)
from core.commands.store import CHANNEL, CommandStore, Requested
from core.log import EventLog

pytestmark = pytest.mark.database

SWITCH, OTHER = "freeswitch@pbx1", "freeswitch@pbx2"
ALPHA = "alpha.example"
REQUESTED, COMPLETED = "CUSTOM harmony::command_requested", "CUSTOM harmony::command_completed"


@pytest.fixture
def store(dsn: str) -> Iterator[CommandStore]:
    with CommandStore(dsn) as opened:
        yield opened


Ask = Callable[..., Requested]


@pytest.fixture
def ask(store: CommandStore) -> Ask:
    """Ask for a hangup, or what is given."""

    def request(order: Order | None = None, **more: object) -> Requested:
        given = {"switch": SWITCH, "tenant": ALPHA, "by": "desk", "call_id": "c1"} | more
        return store.request(order or Hangup(leg="leg-1"), **given)  # type: ignore[arg-type]

    return request


def told(log: EventLog) -> list[tuple[str, str | None]]:
    """Each event of commands in the log: its name, and the result."""
    return [
        (event.topic, event.get("Harmony-Result"))
        for event in log.read(0, 1000)
        if event.topic in (REQUESTED, COMPLETED)
    ]


def test_from_request_to_outcome(store: CommandStore, ask: Ask, log: EventLog) -> None:
    asked = ask()
    (command,) = store.claim([SWITCH])
    assert (command.command_id, command.order, command.tenant) == (asked.command_id, Hangup(leg="leg-1"), ALPHA)
    assert (command.switch, command.by, command.call_id) == (SWITCH, "desk", "c1")
    assert 9_000_000 < command.deadline - command.requested_at <= 10_000_100
    status = store.get(asked.command_id, ALPHA)
    assert status is not None
    assert (status.state, status.result, status.sent_at) == ("sending", None, None)
    store.accepted(asked.command_id, "job-1")
    assert store.completed(asked.command_id, "ok", "+OK\n")
    status = store.get(asked.command_id, None)
    assert status is not None
    assert (status.state, status.result, status.said, status.leg) == ("completed", "ok", "+OK\n", "leg-1")
    assert status.requested_at <= (status.sent_at or 0) <= (status.completed_at or 0)
    requested, completed = log.read(0, 10)
    assert (requested.topic, completed.topic) == (REQUESTED, COMPLETED)
    assert requested.leg is None
    assert completed.leg is None
    assert requested.switch == SWITCH
    for event in (requested, completed):
        names = ("Command", "Kind", "Tenant", "By", "Call", "Switch")
        found = [event.get(f"Harmony-{name}") for name in names]
        assert found == [str(asked.command_id), "hangup", ALPHA, "desk", "c1", SWITCH]
    assert json.loads(requested.get("Harmony-Arguments") or "") == {"leg": "leg-1", "cause": "NORMAL_CLEARING"}
    assert (completed.get("Harmony-Result"), completed.get("Harmony-Said")) == ("ok", "+OK\n")


def test_a_command_of_another_tenant_is_not_there(store: CommandStore, ask: Ask) -> None:
    command_id = ask().command_id
    assert store.get(command_id, "beta.example") is None
    assert store.get(command_id, ALPHA) is not None
    assert store.get(command_id, None) is not None
    nobodys = ask(tenant=None).command_id
    assert store.get(nobodys, ALPHA) is None
    assert store.get(uuid4(), None) is None


def test_one_key_is_one_command_however_many_ask_at_once(dsn: str, log: EventLog) -> None:
    def request(number: int) -> Requested:
        with CommandStore(dsn) as store:
            return store.request(Hangup(leg="a"), switch=SWITCH, tenant=ALPHA, by="desk", idempotency_key="k")

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(request, range(16)))
    assert len({answer.command_id for answer in answers}) == 1
    assert sorted(answer.replayed for answer in answers) == [False] + 15 * [True]
    assert told(log) == [(REQUESTED, None)]
    with CommandStore(dsn) as store:
        assert len(store.claim([SWITCH])) == 1


def test_a_key_used_for_something_else_is_refused(store: CommandStore, ask: Ask, log: EventLog) -> None:
    first = ask(idempotency_key="k")
    for other in ({"order": Hangup(leg="leg-2")}, {"switch": OTHER}, {"call_id": "c2"}):
        with pytest.raises(KeyReused, match=str(first.command_id)):
            ask(**{"idempotency_key": "k", **other})
    assert told(log) == [(REQUESTED, None)]
    # A key is its bearer's own: others may have thought of the same.
    assert not ask(idempotency_key="k", by="board").replayed
    assert not ask(idempotency_key="k", bearer="beta.example desk").replayed
    assert ask(idempotency_key="k").command_id == first.command_id


def test_a_fingerprint_of_the_whole_question_counts_instead(store: CommandStore, ask: Ask) -> None:
    first = ask(idempotency_key="k", fingerprint=b"question")
    again = ask(Hangup(leg="leg-2"), idempotency_key="k", fingerprint=b"question")
    assert (again.command_id, again.leg) == (first.command_id, "leg-1")
    assert store.known("k", bearer="desk", fingerprint=b"question") == again
    assert store.known("other", bearer="desk", fingerprint=b"question") is None
    with pytest.raises(KeyReused):
        store.known("k", bearer="desk", fingerprint=b"another")


def test_each_command_is_taken_by_one(dsn: str, ask: Ask) -> None:
    wanted = [ask(Hangup(leg=f"leg-{number}")).command_id for number in range(60)]

    def claim(number: int) -> list[Command]:
        taken: list[Command] = []
        with CommandStore(dsn) as store:
            while page := store.claim([SWITCH], 7):
                assert [one.command_id for one in page] == sorted((one.command_id for one in page), key=wanted.index)
                taken += page
        return taken

    with ThreadPoolExecutor(2) as pool:
        first, second = pool.map(claim, range(2))
    ids = [command.command_id for command in first + second]
    assert len(ids) == len(set(ids)) == 60


def test_a_switch_s_commands_are_for_who_has_the_switch(store: CommandStore, ask: Ask) -> None:
    here, there = ask(), ask(switch=OTHER)
    assert store.claim([]) == []
    assert [one.command_id for one in store.claim([OTHER])] == [there.command_id]
    assert [one.command_id for one in store.claim([SWITCH, OTHER])] == [here.command_id]


def test_what_is_too_late_never_acts(store: CommandStore, ask: Ask, log: EventLog) -> None:
    late = ask(patience=0.0)
    kept = ask(switch=OTHER, patience=0.0)
    assert store.claim([SWITCH]) == []
    status = store.get(late.command_id, None)
    assert status is not None
    assert (status.state, status.result) == ("completed", "expired")
    assert "not sent in time" in (status.said or "")
    assert not store.completed(late.command_id, "ok", "+OK"), "it has its outcome"
    # Also where no bridge asks any more.
    assert store.expire() == [kept.command_id]
    assert store.expire() == []
    assert [result for _, result in told(log)] == [None, None, "expired", "expired"]


def test_a_command_on_its_way_does_not_expire(store: CommandStore, ask: Ask, dsn: str) -> None:
    command_id = ask().command_id
    store.claim([SWITCH])
    with psycopg.connect(dsn) as connection:
        connection.execute("UPDATE log.command SET deadline = clock_timestamp() - interval '1 minute'")
    assert store.expire() == []
    assert store.completed(command_id, "failed", "-ERR No such channel!")


def test_one_outcome(dsn: str, ask: Ask, log: EventLog) -> None:
    command_id = ask().command_id

    def complete(number: int) -> bool:
        with CommandStore(dsn) as store:
            return store.completed(command_id, "failed" if number else "ok", f"word {number}")

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(complete, range(8))) == 7 * [False] + [True]
    assert len(told(log)) == 2


def test_what_a_dead_bridge_left_is_unknown(store: CommandStore, ask: Ask, log: EventLog) -> None:
    sending, sent = ask(), ask()
    store.claim([SWITCH])
    store.accepted(sent.command_id, "job")
    waiting, elsewhere = ask(), ask(switch=OTHER)
    store.claim([OTHER])
    with CommandStore(store.dsn, bridge="harmony@another") as another:
        assert another.abandoned([SWITCH]) == []
    assert store.abandoned([SWITCH]) == [sending.command_id, sent.command_id]
    assert store.abandoned([SWITCH]) == []
    for one in (sending, sent):
        status = store.get(one.command_id, None)
        assert status is not None
        assert (status.result, "not known whether" in (status.said or "")) == ("unknown", True)
    for one, state in ((waiting, "requested"), (elsewhere, "sending")):
        status = store.get(one.command_id, None)
        assert status is not None
        assert status.state == state
    assert [command.command_id for command in store.claim([SWITCH])] == [waiting.command_id]
    assert [result for _, result in told(log) if result] == ["unknown", "unknown"]


def test_a_new_command_is_announced(store: CommandStore, ask: Ask, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as listener:
        listener.execute(f"LISTEN {CHANNEL}")
        ask()
        (notice,) = listener.notifies(timeout=20, stop_after=1)
    assert notice.payload == SWITCH


def test_the_running_consultation_of_a_call(store: CommandStore, ask: Ask) -> None:
    start = TransferAttendedStart(leg="b", other="a", to="1003", context=ALPHA)
    assert store.consultation(["c1"]) is None
    failed = ask(start)
    assert store.consultation(["c1"]) is None, "nobody has taken it"
    store.claim([SWITCH])
    store.completed(failed.command_id, "failed", "-ERR")
    assert store.consultation(["c1"]) is None
    running = ask(start)
    store.claim([SWITCH])
    found = store.consultation(["x", "c1"])
    assert found is not None
    assert (found.command_id, found.order, found.consult) == (running.command_id, start, None)
    store.accepted(running.command_id, None, "d")
    found = store.consultation(["c1"])
    assert found is not None
    assert found.consult == "d"
    store.completed(running.command_id, "ok", "+OK", "e")
    found = store.consultation(["c1"])
    assert found is not None
    assert found.consult == "e"
    assert store.consultation(["c2"]) is None
    cancel = ask(TransferAttendedCancel(leg="b", other="a", consult="e"))
    store.claim([SWITCH])
    assert store.consultation(["c1"]) is not None
    store.completed(cancel.command_id, "ok", "+OK")
    assert store.consultation(["c1"]) is None


def test_the_running_recording_of_a_call(store: CommandStore, ask: Ask) -> None:
    first, second = RecordStart(leg="a", name="one.wav"), RecordStart(leg="b", name="two.wav")
    for order in (first, second):
        assert store.claim([SWITCH]) == []
        command_id = ask(order).command_id
        store.claim([SWITCH])
        store.completed(command_id, "ok", "+OK")
    assert store.recording(["c1"]) == second
    assert store.recording(["c1"], "a") == first
    assert store.recording(["c2"]) is None
    stop = ask(RecordStop(leg="b", name="two.wav"))
    store.claim([SWITCH])
    store.completed(stop.command_id, "ok", "+OK")
    assert store.recording(["c1"]) == first
    assert store.recording(["c1"], "b") is None


def test_what_may_not_be_asked_leaves_nothing(store: CommandStore, ask: Ask, log: EventLog) -> None:
    with pytest.raises(BadOrder, match="leg"):
        ask(Hangup(leg="a b"))
    assert store.claim([SWITCH]) == []
    assert log.head() == 0


def test_long_messages_and_odd_answers(store: CommandStore, ask: Ask, log: EventLog) -> None:
    text = "Straße 😀\n" + 1000 * "x"
    command_id = ask(SendMessage(leg="a", text=text)).command_id
    (command,) = store.claim([SWITCH])
    assert command.order == SendMessage(leg="a", text=text)
    assert store.completed(command_id, "failed", "no\0body\r\n\x1b[31m " + 10_000 * "y")
    status = store.get(command_id, None)
    assert status is not None
    assert status.said is not None
    assert status.said.startswith("no�body\r\n\x1b[31m yy")
    assert len(status.said) == 8000
    requested, completed = log.read(0, 10)
    shown = json.loads(requested.get("Harmony-Arguments") or "")["text"]
    assert shown.startswith("Straße 😀\nxxx")
    assert len(shown) == 200
    assert (completed.get("Harmony-Said") or "").startswith("no�body")


def test_digits_are_kept_no_longer_than_needed_where_the_site_says_so(dsn: str, log: EventLog) -> None:
    with CommandStore(dsn, dtmf="redact") as store:
        command_id = store.request(Dtmf(leg="a", digits="1234"), switch=SWITCH, tenant=None, by="x").command_id
        (command,) = store.claim([SWITCH])
        assert command.order == Dtmf(leg="a", digits="1234")
        store.completed(command_id, "ok", "+OK")
    with psycopg.connect(dsn) as connection:
        (row,) = connection.execute("SELECT asked::text FROM log.command").fetchall()
    assert "1234" not in row[0]
    for event in log.read(0, 10):
        assert b"1234" not in event.term
        assert json.loads(event.get("Harmony-Arguments") or "")["digits"] == "****"


def test_the_events_are_one_run_whoever_writes_them(dsn: str, log: EventLog) -> None:
    for _ in range(2):
        with CommandStore(dsn) as store:
            store.request(Hangup(leg="a"), switch=SWITCH, tenant=None, by="x")
    first, second = log.read(0, 10)
    assert (first.stream, first.run, first.sequence + 1) == (second.stream, second.run, second.sequence)


def test_the_store_connects_again(store: CommandStore, ask: Ask, dsn: str) -> None:
    ask()
    store.close()
    assert len(store.claim([SWITCH])) == 1
