"""Commands are sent once at most and their end is always told: a lost link, a dead bridge, a row that was forged."""

from __future__ import annotations

import asyncio
from uuid import UUID

import psycopg
import pytest

from bridge.control.executor import Executor
from core.commands.orders import Hangup, Order, Originate, Status, TransferBlind
from core.commands.store import CommandStore
from core.log import EventLog
from tests.bridge.control.orders import CONTEXT, LEG
from tests.fix_switch import StartBridge, StartSwitch, eventually

pytestmark = pytest.mark.erlang
SLOW = Originate(from_user="slow@alpha.example", to="1002", context=CONTEXT)
MOVE = TransferBlind(leg=LEG, to="1003", context=CONTEXT)
SWITCH = "freeswitch@127.0.0.1"


def ask(store: CommandStore, order: Order, switch: str = SWITCH, patience: float = 60.0) -> UUID:
    return store.request(order, switch=switch, tenant=None, by="operator", patience=patience).command_id


def status(store: CommandStore, command_id: UUID) -> Status:
    found = store.get(command_id, None)
    assert found is not None
    return found


async def ended(store: CommandStore, command_id: UUID) -> tuple[str | None, str | None]:
    await eventually(lambda: status(store, command_id).state == "completed")
    return status(store, command_id).result, status(store, command_id).said


def times_sent(sent: list[str], words: str) -> int:
    return sum(words in line for line in sent)


async def test_a_link_that_is_lost_leaves_it_unknown_and_nothing_is_repeated(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge
) -> None:
    switch = await start_switch()
    service = await start_bridge(dsn, switch.name, commands=True)
    with CommandStore(dsn) as store:
        slow = ask(store, SLOW)
        await eventually(lambda: status(store, slow).state == "sent")
        links = service.stats().links[0].switch.links
        await switch.tell("cut")
        result, said = await ended(store, slow)
        assert result == "unknown"
        assert said is not None
        assert "not known" in said
        await eventually(lambda: service.stats().links[0].switch.links > links)
        assert await ended(store, ask(store, MOVE)) == ("failed", "-ERR No such channel!")  # the new link carries more
        assert times_sent(switch.sent(), "user/slow@") == 1


async def test_what_a_dead_bridge_left_is_unknown_and_what_nobody_took_is_sent(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge
) -> None:
    switch = await start_switch()
    with CommandStore(dsn) as store:
        taken = ask(store, Hangup(leg=LEG))
        assert [command.command_id for command in store.claim([SWITCH])] == [taken]  # and the bridge died here
        waiting = ask(store, MOVE)
        await start_bridge(dsn, switch.name, commands=True)
        assert (await ended(store, taken))[0] == "unknown"
        assert (await ended(store, waiting))[0] == "failed"
        assert times_sent(switch.sent(), "uuid_kill") == 0
        assert times_sent(switch.sent(), "uuid_transfer") == 1


async def test_nothing_is_taken_for_a_switch_without_a_link(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge
) -> None:
    switch = await start_switch()
    service = await start_bridge(dsn, switch.name, commands=True)
    with CommandStore(dsn) as store:
        await switch.die()
        await eventually(lambda: service.stats().links[0].switch.state != "up")
        late = ask(store, MOVE, patience=0.2)
        early = ask(store, MOVE)
        assert (await ended(store, late))[0] == "expired"
        assert status(store, early).state == "requested"
        again = await start_switch()
        assert (await ended(store, early))[0] == "failed"
        assert times_sent(again.sent(), "uuid_transfer") == 1


async def test_many_at_once_are_each_sent_once_and_the_events_go_on(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge
) -> None:
    """More than there is room for, while some wait long: every other one has its own answer, and events are stored."""
    switch = await start_switch()
    service = await start_bridge(dsn, switch.name, commands=True)
    with CommandStore(dsn) as store, EventLog(dsn) as log:
        slow = [ask(store, SLOW) for _ in range(8)]
        quick = [ask(store, TransferBlind(leg=LEG, to=f"7{number:03}", context=CONTEXT)) for number in range(100)]
        await switch.tell("event CUSTOM my::thing -", "fired")
        await eventually(lambda: bool(log.read(0, 1, {"CUSTOM my::thing"})))
        for command_id in quick:
            assert await ended(store, command_id) == ("failed", "-ERR No such channel!")
        assert all(status(store, command_id).state == "sent" for command_id in slow)
        sent = switch.sent()
        assert all(times_sent(sent, f" 7{number:03} XML") == 1 for number in range(100))
        assert times_sent(sent, "user/slow@") == len(slow)
        assert service.stats().links[0].switch.state == "up"


async def test_a_row_that_was_forged_steers_nothing(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge
) -> None:
    switch = await start_switch()
    with CommandStore(dsn) as store:
        forged = ask(store, MOVE)
        with psycopg.connect(dsn) as connection:
            connection.execute(
                "UPDATE log.command SET asked = jsonb_set(asked, '{to}', to_jsonb(%s::text))",
                ("1003 XML x\napi shutdown",),
            )
        await start_bridge(dsn, switch.name, commands=True)
        result, said = await ended(store, forged)
        assert result == "failed"
        assert said is not None
        assert said.startswith("to: ")
        assert not any(word in line for line in switch.sent() for word in ("uuid_transfer", "shutdown"))


async def test_a_bridge_that_is_stopped_tells_what_it_does_not_know(
    dsn: str, start_switch: StartSwitch, start_bridge: StartBridge
) -> None:
    switch = await start_switch()
    service = await start_bridge(dsn, switch.name)
    running = asyncio.create_task(Executor(service.sessions, CommandStore(dsn)).run())
    with CommandStore(dsn) as store:
        slow = ask(store, SLOW)
        await eventually(lambda: status(store, slow).state == "sent")
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        result, said = await ended(store, slow)
        assert result == "unknown"
        assert said is not None
        assert "stopped" in said
