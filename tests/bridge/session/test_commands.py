"""Every command of mod_erlang_event, against the C node on real libei, in both encodings."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from bridge.errors import NotConnected
from bridge.session.commands import REGISTERED, CommandFailed, Commands, CommandTimeout, Job
from bridge.session.texts import from_switch, to_switch
from bridge.term import Atom, Pid, String, Term
from core.headers import header
from tests.fix_switch import CNode, Joined, StartNode, StartSwitch

pytestmark = pytest.mark.erlang
LEG = "11111111-1111-4111-8111-111111111111"
Join = Callable[..., Awaitable[Joined]]
Talk = tuple[CNode, Joined]


@pytest.fixture(params=["string", "binary"])
async def talk(request: pytest.FixtureRequest, start_switch: StartSwitch, start_node: StartNode, join: Join) -> Talk:
    switch = await start_switch("freeswitch@127.0.0.1", "--encoding", request.param)
    joined = await join(await start_node(), switch.name)
    assert joined.commands.encoding == request.param
    return switch, joined


async def test_api(talk: Talk) -> None:
    commands = talk[1].commands
    assert (await commands.api("status")).startswith("UP 0 years")
    assert await commands.api("version", "short") == "1.11.3-dev\n"
    assert await commands.api("echo", "Grüße, 日本") == "Grüße, 日本"
    with pytest.raises(CommandFailed, match="No such channel") as failure:
        await commands.api("uuid_kill", LEG)
    assert failure.value.text == "-ERR No such channel!\n"
    with pytest.raises(CommandFailed, match="nosuchcommand: Command not found"):
        await commands.api("nosuchcommand")


async def test_a_command_without_output_is_an_error_of_the_module(talk: Talk) -> None:
    switch, joined = talk
    await switch.tell("answer quiet=", "answers")
    with pytest.raises(CommandFailed, match="no output"):
        await joined.commands.api("quiet")


async def test_a_long_answer_is_a_list_of_integers_on_the_wire(talk: Talk) -> None:
    switch, joined = talk
    await switch.tell("answer long=" + "x" * 70_000, "answers")
    assert len(await joined.commands.api("long")) == 70_000


async def test_bgapi_answers_later_and_not_in_the_order_of_asking(talk: Talk) -> None:
    """Two jobs at once: each answer finds its own job, the quick one first."""
    joined = talk[1]
    slow = await joined.commands.bgapi("msleep", "300")
    quick = await joined.commands.bgapi("echo", "quick")
    done: list[str] = []

    async def note(job: Job, name: str) -> str:
        answer = await job.result()
        done.append(name)
        return answer

    assert list(await asyncio.gather(note(slow, "slow"), note(quick, "quick"))) == ["+OK\n", "quick"]
    assert done == ["quick", "slow"]
    assert slow.uuid != quick.uuid
    await joined.sink.until(lambda: bool(job_events(joined, slow.uuid)))


@pytest.mark.parametrize("hasty", ["on", "off"])
async def test_a_jobs_answer_may_come_before_its_number(hasty: str, talk: Talk) -> None:
    switch, joined = talk
    await switch.tell(f"hasty {hasty}", "hasty")
    job = await joined.commands.bgapi("echo", "quick")
    assert await job.result() == "quick"
    await joined.sink.until(lambda: bool(job_events(joined, job.uuid)))
    refused = await joined.commands.bgapi("nosuchcommand", "x")
    with pytest.raises(CommandFailed, match="Command not found"):
        await refused.result()


def job_events(joined: Joined, uuid: str) -> list[bytes]:
    return [term for term in joined.sink.events() if header(term, b"Job-UUID") == uuid.encode()]


async def test_bgapi_that_fails(talk: Talk) -> None:
    job = await talk[1].commands.bgapi("nosuchcommand", "x")
    with pytest.raises(CommandFailed, match="Command not found"):
        await job.result()


async def test_many_commands_at_once_get_each_their_own_answer(talk: Talk) -> None:
    commands = talk[1].commands
    answers = await asyncio.gather(*(commands.api("echo", str(number)) for number in range(200)))
    assert answers == [str(number) for number in range(200)]


async def test_sendmsg(talk: Talk) -> None:
    switch, joined = talk
    with pytest.raises(CommandFailed, match="nosession"):
        await joined.commands.sendmsg(LEG, {"call-command": "hangup"})
    await switch.tell(f"channel add {LEG}", "channels")
    await joined.commands.sendmsg(LEG, {"call-command": "execute", "execute-app-name": "hold"})
    assert f'{{sendmsg, "{LEG}", [{{"call-command", "execute"}}, {{"execute-app-name", "hold"}}]}}' in switch.sent()
    pairs: Term = [(b"call-command", b"hangup")]
    assert await joined.commands.ask((Atom("sendmsg"), to_switch(LEG), pairs)) == (Atom("error"), Atom("badarg"))


async def test_sendevent(talk: Talk) -> None:
    joined = talk[1]
    await joined.commands.sendevent("CUSTOM", "my::thing", {"Name": "Üní", "Empty": ""})
    await joined.sink.until(
        lambda: any(header(term, b"Event-Subclass") == b"my::thing" for term in joined.sink.events())
    )
    (event,) = (term for term in joined.sink.events() if header(term, b"Event-Subclass") == b"my::thing")
    assert (header(event, b"Name") or b"").decode() == "Üní"
    assert header(event, b"Empty") == b""


async def test_an_unknown_event_name_gets_no_answer_at_all(talk: Talk) -> None:
    with pytest.raises(CommandTimeout, match="did not answer to sendevent NO_SUCH"):
        await talk[1].commands.sendevent("NO_SUCH", patience=0.2)


@pytest.mark.parametrize(
    ("message", "reply"),
    [
        (Atom("foo"), (Atom("error"), Atom("undef"))),
        ((Atom("foo"), Atom("bar")), (Atom("error"), Atom("undef"))),
        (17, (Atom("error"), Atom("undef"))),
        ([], (Atom("error"), Atom("undef"))),
        (b"\x01\x02", (Atom("error"), Atom("undef"))),
        ((Atom("api"), Atom("status")), (Atom("error"), Atom("badarg"))),
        ((Atom("api"), Atom("status"), Atom("x")), (Atom("error"), Atom("badarg"))),
        ((Atom("bgapi"), Atom("status")), (Atom("error"), Atom("badarg"))),
        ((Atom("event"),), (Atom("error"), Atom("badarg"))),
        ((Atom("event"), Atom("NO_SUCH_EVENT")), Atom("ok")),
        ((Atom("filter"),), (Atom("error"), Atom("badarg"))),
        ((Atom("session_event"), Atom("ALL")), (Atom("error"), Atom("notlistening"))),
        ((Atom("handlecall"), String(LEG.encode())), (Atom("error"), Atom("badsession"))),
        ((Atom("bind"), Atom("nonsense")), (Atom("error"), Atom("badarg"))),
        ((Atom("setevent"), Atom("ALL")), (Atom("error"), Atom("badarg"))),
    ],
    ids=repr,
)
async def test_the_module_s_own_answers(message: Term, reply: Term, talk: Talk) -> None:
    """As recorded from a real switch (tests/captures/55-api-and-bgapi-replies)."""
    assert await talk[1].commands.ask(message) == reply


async def test_getpid_is_the_one_pid_of_the_switch(talk: Talk) -> None:
    switch, joined = talk
    reply = await joined.commands.ask(Atom("getpid"))
    assert isinstance(reply, tuple)
    assert isinstance(reply[1], Pid)
    assert reply[1].node == switch.name


async def test_a_string_subscribes_to_nothing(start_switch: StartSwitch, start_node: StartNode) -> None:
    """It is answered ok all the same: hence atoms only."""
    switch = await start_switch()
    node = await start_node()
    await node.connect(switch.name)
    mailbox = node.mailbox()
    said: list[bytes] = []
    mailbox.on_raw = lambda term, link: said.append(term)
    mailbox.send((REGISTERED, switch.name), Atom("register_event_handler"))
    commands = Commands(node, switch.name)
    assert await commands.ask((Atom("event"), String(b"ALL"))) == Atom("ok")
    await switch.tell("event HEARTBEAT - -", "fired")
    await commands.api("status")
    assert len(said) == 1  # the ok to register_event_handler
    await commands.subscribe("HEARTBEAT", "CUSTOM", "my::thing")
    for line in ("HEARTBEAT - -", "CUSTOM my::thing -", "CUSTOM my::other -", "TRAP - -"):
        await switch.tell(f"event {line}", "fired")
    await commands.subscribe("TRAP")
    await switch.tell("event TRAP - -", "fired")
    async with asyncio.timeout(10):
        while len(said) < 4:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
    assert [header(term, b"Event-Name") for term in said[1:]] == [b"HEARTBEAT", b"CUSTOM", b"TRAP"]


async def test_nixevent_after_all_ends_every_custom_event(talk: Talk) -> None:
    switch, joined = talk
    assert await joined.listening.ask((Atom("nixevent"), Atom("RE_SCHEDULE"))) == Atom("ok")
    for line in ("CUSTOM my::thing -", "RE_SCHEDULE - -", "HEARTBEAT - -"):
        await switch.tell(f"event {line}", "fired")
    await joined.sink.until(lambda: b"HEARTBEAT" in names(joined))
    assert {b"CUSTOM", b"RE_SCHEDULE"}.isdisjoint(names(joined))


async def test_filter_and_noevents(talk: Talk) -> None:
    switch, joined = talk
    reply = await joined.listening.ask((Atom("filter"), Atom("Event-Name HEARTBEAT")))
    assert isinstance(reply, tuple)
    assert reply[0] == "filter_command_processing_log"
    await switch.tell("event TRAP - -", "fired")
    await switch.tell("event HEARTBEAT - -", "fired")
    await joined.sink.until(lambda: b"HEARTBEAT" in names(joined))
    assert b"TRAP" not in names(joined)
    assert await joined.listening.ask(Atom("noevents")) == Atom("ok")
    assert await joined.listening.ask(Atom("noevents")) == (Atom("error"), Atom("notlistening"))


def names(joined: Joined) -> list[bytes | None]:
    return [header(term, b"Event-Name") for term in joined.sink.events()]


async def test_bind_and_fetch(talk: Talk) -> None:
    """Two bindings: the second message carries its parameters twice; trailing bytes are no error."""
    switch, joined = talk
    node = joined.session.commands._node
    mailboxes = [node.mailbox(), node.mailbox()]
    for mailbox in mailboxes:
        mailbox.send((REGISTERED, switch.name), (Atom("bind"), Atom("directory")))
        assert await mailbox.receive() == Atom("ok")
    await switch.tell("fetch directory domain name alpha.example")
    number: Term = []
    for mailbox in mailboxes:
        fetch = await asyncio.wait_for(mailbox.receive(), 10)
        assert isinstance(fetch, tuple)
        number = fetch[5]
        assert fetch[:2] == (Atom("fetch"), Atom("directory"))
        assert [from_switch(value) for value in fetch[2:5]] == ["domain", "name", "alpha.example"]
    mailboxes[0].send((REGISTERED, switch.name), (Atom("fetch_reply"), number, String(b"<document/>")))
    assert (await switch.heard("fetched")).endswith("<document/>")
    late = await joined.commands.ask((Atom("fetch_reply"), number, String(b"<document/>")))
    assert isinstance(late, tuple)
    assert late[2] == Atom("duplicate_response")


async def test_exit_closes_the_link_and_the_session_comes_back(talk: Talk) -> None:
    switch, joined = talk
    await joined.commands.ask(Atom("exit"))
    await joined.sink.wait_own("harmony::link_up", 2)
    assert "exit" in switch.sent()


async def test_a_lost_link_ends_the_waiting(talk: Talk) -> None:
    switch, joined = talk
    job = await joined.commands.bgapi("msleep", "60000")
    await switch.tell("cut")
    with pytest.raises(NotConnected, match="not known"):
        await job.result()


async def test_no_link_no_command(start_node: StartNode) -> None:
    with pytest.raises(NotConnected):
        await Commands(await start_node(), "nobody@127.0.0.1").api("status")


async def test_a_stuck_switch_times_out_and_the_late_answer_goes_nowhere(talk: Talk) -> None:
    switch, joined = talk
    await switch.tell("stall on", "stalled")
    with pytest.raises(CommandTimeout, match=r"within 0\.1 s"):
        await joined.commands.api("echo", "late", patience=0.1)
    await switch.tell("stall off", "stalled")
    assert await joined.commands.api("echo", "next") == "next"
