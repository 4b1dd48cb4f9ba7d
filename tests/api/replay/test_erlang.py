"""Replays to Erlang nodes: a real node gets the same terms, and a Harmony elsewhere comes to the same calls."""

import asyncio
import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from core.capture import read_capture
from core.log import EventLog
from core.migrate import migrate
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests import fix_switch
from tests.api.conftest import Running, Site
from tests.api.replay.test_replay import terms
from tests.fix_erlang import COOKIE, Epmd, StartBeam

pytestmark = pytest.mark.erlang

# Collects what comes; says how many that are, and whether they are the terms of a capture file, one by one.
COLLECT = (
    "Collect = fun C(Got) -> receive {count, P} -> P ! {count, length(Got)}, C(Got);"
    " {got, P} -> P ! {got, lists:reverse(Got)}, C(Got); M -> C([M | Got]) end end"
)
SAME = (
    'begin {ok, File} = file:read_file("%s"), collector ! {got, self()}, Got = receive {got, G} -> G end,'
    " Read = fun R(<<>>) -> []; R(<<_:64, L:32, T:L/binary, Rest/binary>>) -> [binary_to_term(T) | R(Rest)] end,"
    " Events = [M || {event, _} = M <- Got], {length(Events), Events =:= Read(File)} end"
)


@pytest.fixture
def recorded(filled: Callable[..., Site]) -> Site:
    return filled("13", "45")


def replay(site: Site, epmd: int, *arguments: str) -> Running:
    env = {"ERL_EPMD_PORT": str(epmd), "HARMONY_COOKIE": COOKIE}
    return site.start("replay", "--speed", "max", "--node", "freeswitch-replay@127.0.0.1", *arguments, env=env)


def test_a_process_of_a_node_gets_the_same_terms(
    recorded: Site, start_beam: StartBeam, own_epmd: Epmd, tmp_path: Path
) -> None:
    capture = tmp_path / "same.etf"
    recorded.ok("replay", "--speed", "max", "--to", "file", capture)
    beam = start_beam("25")
    beam.eval_now(f"{COLLECT}, register(collector, spawn(fun() -> Collect([]) end))")
    done = replay(recorded, own_epmd.port, "--to", "erlang-node", beam.name, "--process", "collector")
    assert done.process.wait(60) == 0, done.said
    done.stop()
    assert beam.eval_now(SAME % capture) == f"{{{len(terms(recorded))},true}}"


def test_a_listener_that_registers_gets_what_it_subscribed_to(
    recorded: Site, start_beam: StartBeam, own_epmd: Epmd, tmp_path: Path
) -> None:
    capture = tmp_path / "same.etf"
    recorded.ok("replay", "--speed", "max", "--types", "CHANNEL_ANSWER", "--to", "file", capture)
    beam = start_beam("25")
    running = replay(recorded, own_epmd.port, "--to", "erlang-node", beam.name)
    switch = "{mod_erlang_event, 'freeswitch-replay@127.0.0.1'}"
    listen = (
        f"{COLLECT}, Wait = fun W() -> case net_adm:ping('freeswitch-replay@127.0.0.1') of pong -> ok;"
        f" pang -> timer:sleep(50), W() end end, Wait(), register(collector, spawn(fun() ->"
        f" process_flag(trap_exit, true), {switch} ! register_event_handler, receive ok -> ok end,"
        f" {switch} ! {{event, 'CHANNEL_ANSWER'}}, receive ok -> ok end, Collect([]) end))"
    )
    beam.eval_now(listen)
    assert running.process.wait(60) == 0, running.said
    running.stop()
    assert beam.eval_now(SAME % capture) == f"{{{sum(1 for _ in read_capture(capture))},true}}"


def test_while_nobody_registers_it_waits_and_can_be_stopped(recorded: Site, own_epmd: Epmd) -> None:
    running = replay(recorded, own_epmd.port, "--to", "erlang-node", "nobody@127.0.0.1")
    running.says("waiting until nobody@127.0.0.1 has registered with freeswitch-replay@127.0.0.1")
    assert running.stop(signal.SIGINT) == 1
    assert any("behind 0 events" in line for line in running.said)


def test_who_has_another_cookie_is_told(recorded: Site, start_beam: StartBeam, own_epmd: Epmd, tmp_path: Path) -> None:
    beam = start_beam("25")
    cookie = tmp_path / "cookie"
    cookie.write_text("another\n")
    running = replay(
        recorded, own_epmd.port, "--to", "erlang-node", beam.name, "--process", "x", "--cookie-file", str(cookie)
    )
    assert running.process.wait(60) == 1
    running.stop()
    assert any("cookie" in line for line in running.said), running.said


async def test_a_harmony_elsewhere_comes_to_the_same_calls(
    recorded: Site, start_bridge: Any, epmd_port: int, new_database: Callable[[], str]
) -> None:
    elsewhere = new_database()
    migrate(elsewhere)
    env = {"ERL_EPMD_PORT": str(epmd_port), "HARMONY_COOKIE": fix_switch.COOKIE}
    name = "freeswitch@127.0.0.1"
    running = recorded.start(
        "replay", "--speed", "max", "--node", name, "--to", "erlang-node", "harmony@127.0.0.1", env=env
    )
    await asyncio.to_thread(running.says, "waiting until")
    await start_bridge(elsewhere, name)
    assert await asyncio.to_thread(running.process.wait, 60) == 0, running.said
    await asyncio.to_thread(running.stop)
    wanted = terms(recorded)
    with EventLog(elsewhere) as log:

        def stored() -> set[bytes]:
            return {event.term for event in log.read(0, 10_000)}

        async with asyncio.timeout(60):
            while not set(wanted) <= await asyncio.to_thread(stored):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
    Runner(elsewhere, CallFold, TOPICS).run_once()
    assert recorded.dsn is not None
    assert calls(elsewhere) == calls(recorded.dsn)


def calls(dsn: str) -> dict[str, Any]:
    """The calls but for what names the switch and the places of events."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute("SELECT call_id, document::text FROM calls.call").fetchall()
    found = {}
    for call_id, text in rows:
        document = json.loads(text)
        for leg in document["legs"]:
            leg.pop("switch")
        for one in document["evidence"]:
            one.pop("position")
        found[call_id] = {k: v for k, v in document.items() if k not in ("first_position", "last_position")}
    return found
