"""Commands from the command line, with a bridge and a switch (the C node) that carries them out."""

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from api.cli.main import main
from core.commands.store import CommandStore
from tests.api.commands.living import (
    CONFERENCE,
    ENDED,
    HELD,
    HELD_CALLEE,
    INBOUND,
    INBOUND_CALLEE,
    RINGING,
    TALK,
    TALK_CALLEE,
    living,
)
from tests.fix_switch import PATIENCE, StartBridge, StartSwitch, eventually

pytestmark = pytest.mark.erlang
NODE = "freeswitch@127.0.0.1"
ROOM = "3001-alpha.example"
RINGS_AT_1002 = "839825df-1e5c-429f-a5fd-f8398df85907"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def dsn(postgres: str) -> Iterator[str]:
    """Recorded calls that go on, on a switch of the C node's name."""
    with living(postgres, NODE) as made:
        yield made


@pytest.fixture
def run(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """A command in this process, which is quicker: exit code, what it said, what it complained of."""
    for name, value in (("DSN", dsn), ("DATA", str(tmp_path)), ("SWITCHES", NODE)):
        monkeypatch.setenv(f"HARMONY_{name}", value)

    def command(*arguments: str) -> tuple[int, str, str]:
        try:
            code = main(arguments)
        except SystemExit as ended:  # argparse
            code = int(str(ended.code))
        return code, *capsys.readouterr()

    return command


async def test_each_command_reaches_the_switch_and_its_outcome_the_caller(
    dsn: str, run: Run, start_switch: StartSwitch, start_bridge: StartBridge
) -> None:
    switch = await start_switch(NODE)
    for leg in (TALK, TALK_CALLEE, HELD, HELD_CALLEE, INBOUND, INBOUND_CALLEE, RINGING, RINGS_AT_1002, *CONFERENCE):
        await switch.tell(f"channel add {leg}", "channels")
    await start_bridge(dsn, switch.name, commands=True)

    wanted: list[tuple[tuple[str, ...], str, str]] = [
        (("calls", "hold", TALK, "--party", "1002"), "hold", "uuid_hold"),
        (("calls", "resume", HELD), "resume", f"off {HELD_CALLEE}"),
        (("calls", "dtmf", TALK, "12#", "--party", "1002"), "dtmf", f"{TALK_CALLEE} 12#@200"),
        (("calls", "message", TALK, "Ruf Zoë an", "--party", "1001"), "message", "SEND_MESSAGE"),
        (("calls", "record", TALK, "start"), "record.start", f"{TALK} start /var/lib/freeswitch/recordings/"),
        (("calls", "record", TALK, "stop"), "record.stop", f"{TALK} stop /var/lib/freeswitch/recordings/"),
        (("calls", "eavesdrop", TALK, "1003@alpha.example"), "eavesdrop", f"&eavesdrop({TALK})"),
        (("calls", "pickup", RINGING, "1005@alpha.example", "--party", "1002"), "pickup", f"-bleg\\s{RINGS_AT_1002}"),
        (("conference", "3001", "mute", "--party", "1001"), "conference.mute", f"{ROOM} mute uuid={CONFERENCE[0]}"),
        (("conference", "3001", "unmute", "--party", "1001"), "conference.unmute", f"{ROOM} unmute"),
        (("conference", "3001", "kick", "--leg", CONFERENCE[1]), "conference.kick", f"{ROOM} kick"),
        (("calls", "transfer", INBOUND, "1003", "--by", "1002", "--attended"), "transfer.attended", "att_xfer"),
        (("calls", "cancel", INBOUND), "transfer.cancel", "uuid_kill"),
        (("calls", "transfer", INBOUND, "1003", "--by", "1002"), "transfer.blind", f"{INBOUND} 1003 XML alpha.example"),
        (("calls", "park", TALK, "--party", "1001", "--lot", "5901"), "park", f"{TALK} 5901 XML alpha.example"),
        (("call", "1001@alpha.example", "+4989123456", "--caller-name", "Büro"), "originate", "+4989123456 XML alpha"),
        (("calls", "hangup", TALK), "hangup", f"{TALK} NORMAL_CLEARING"),
    ]
    for arguments, kind, sent in wanted:
        code, out, err = await asyncio.to_thread(run, *arguments)
        assert out.startswith(f"{kind} "), (arguments, out, err)
        if kind != "transfer.cancel":  # nobody made the target's leg on this switch
            assert (code, ": ok" in out) == (0, True), (arguments, out)
        assert any(sent in text for text in switch.sent()), (sent, switch.sent()[-4:])

    code, out, _ = await asyncio.to_thread(run, "calls", "hangup", TALK)
    assert (code, "failed (-ERR No such channel!)" in out) == (1, True), out
    first = await asyncio.to_thread(run, "calls", "hangup", HELD, "--key", "once", "--json")
    assert await asyncio.to_thread(run, "calls", "hangup", HELD, "--key", "once", "--json") == first
    assert len([text for text in switch.sent() if f"{HELD} NORMAL_CLEARING" in text]) == 1
    outcome = json.loads(first[1])
    assert (outcome["result"], outcome["said"]) == ("ok", "+OK")
    code, out, _ = await asyncio.to_thread(run, "command", outcome["command_id"])
    assert (code, out) == (0, f"hangup {outcome['command_id']}: ok (+OK)\n")


async def test_what_nobody_carries_out_expires_while_the_command_waits(dsn: str, run: Run) -> None:
    code, out, _ = run("calls", "resume", HELD, "--no-wait", "--json")
    taken = json.loads(out)
    assert (code, taken["kind"], taken["leg"]) == (0, "resume", HELD_CALLEE)
    waiting = asyncio.create_task(asyncio.to_thread(run, "calls", "hangup", INBOUND))
    with psycopg.connect(dsn, autocommit=True) as connection:
        late = "UPDATE log.command SET deadline = clock_timestamp() WHERE state = 'requested' AND leg = %s"
        async with asyncio.timeout(PATIENCE):
            await eventually(lambda: bool(connection.execute(late, (INBOUND,)).rowcount))
            code, out, _ = await waiting
        assert (code, "expired (It was not sent in time" in out) == (1, True), out
        connection.execute(late, (HELD_CALLEE,))
    with CommandStore(dsn) as store:
        assert store.claim([NODE]) == []
    assert json.loads(run("command", taken["command_id"], "--json")[1])["result"] == "expired"


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("calls", "hold", TALK), 1, "Say which party holds"),
        (("calls", "hangup", ENDED), 1, "has ended"),
        (("calls", "hangup", "nothing"), 1, "There is no call 'nothing'"),
        (("calls", "transfer", TALK, "1003 XML public", "--party", "1001"), 2, "to: '1003 XML public' is not possible"),
        (("calls", "dtmf", TALK, "12x", "--party", "1001"), 2, "digits: "),
        (("calls", "message", TALK, "a\x1b[31m", "--party", "1001"), 2, "U+001B"),
        (("calls", "cancel", TALK), 1, "No attended transfer runs"),
        (("call", "1001", "1002"), 2, "from: '1001' is not possible"),
        (("call", "1001@alpha.example", "1002", "--switch", "x@y"), 1, "There is no switch 'x@y'"),
        (("conference", "3009", "kick", "--party", "1001"), 1, "nobody in a conference room"),
        (("command", "x"), 1, "There is no command 'x'"),
        (("calls", "hangup", TALK, "--party", "1001", "--leg", TALK), 2, "not allowed with argument"),
    ],
)
def test_what_cannot_be_is_said_in_a_sentence(run: Run, arguments: tuple[str, ...], code: int, says: str) -> None:
    found, out, err = run(*arguments)
    assert (found, out) == (code, "")
    assert says in err
    assert "Traceback" not in err
