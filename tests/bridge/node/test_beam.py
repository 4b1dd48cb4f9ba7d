"""Our node among real Erlang nodes, OTP 25 and OTP 28."""

from __future__ import annotations

import asyncio
import hashlib

import pytest

from bridge.errors import CallFailed
from bridge.node import Node
from bridge.term import Atom, BitString, ImproperList, Pid, Port, Ref, String, Term
from tests.fix_erlang import Beam, StartOurs, until

pytestmark = pytest.mark.erlang

# A process that sends back what it gets, by whatever name it was told.
ECHO = "register(echo, spawn(fun F() -> receive {P, M} -> P ! {echo, M}, F() end end))"
TERMS: list[Term] = [
    0, 255, 256, -1, 2**31 - 1, -(2**31), 2**31, 2**63, -(2**2100), 1.5, -0.0, 1e300,
    Atom("ok"), Atom(""), Atom("größe"), Atom("日" * 255), String(b"abc"), String(b"\xff\x00"), String(b"x" * 65_535),
    [], b"", b"abc", BitString(b"\xf0", 4), (), (1, (2, (3,))), tuple(range(300)), [1, 2, [Atom("a")]], [1000] * 70_000,
    {}, {Atom("k"): 1, b"b": [-2]}, ImproperList((1, 2), 3),
]  # fmt: skip


async def test_every_kind_of_term_comes_back_as_it_went(ours: Node, otp: Beam) -> None:
    await ours.connect(otp.name)
    if await otp.eval("whereis(echo)") == "undefined":
        await otp.eval(ECHO)
    process = ours.mailbox()
    for term in TERMS:
        process.send(("echo", otp.name), (process.pid, term))
        assert await process.receive() == (Atom("echo"), term)


async def test_reads_what_only_erlang_makes(ours: Node, otp: Beam) -> None:
    process = ours.mailbox("listener")
    await ours.connect(otp.name)
    to = f"{{listener, '{ours.name}'}}"
    await otp.eval(f"{to} ! {{self(), make_ref(), hd(erlang:ports()), fun lists:map/2, fun(X) -> X end}}")
    match await process.receive():
        case (Pid(node=node) as pid, Ref() as ref, Port(), export, fun):
            assert node == otp.name
            # All of it goes back, and Erlang knows it again.
            process.send(pid, (Atom("back"), ref, export, fun))
        case other:
            pytest.fail(f"{other!r} came")
    back = "receive {back, R, E, F} -> {is_reference(R), E(fun(X) -> X * 2 end, [1]), F(7)} after 5000 -> late end"
    assert await otp.eval(back) == "{true,[2],7}"
    await otp.eval(
        f"{to} ! {{1.5, #{{a => 1}}, <<5:3>>, [a|b], term_to_binary(lists:duplicate(9999, a), [compressed])}}"
    )
    match await process.receive():
        case (1.5, {"a": 1}, BitString(b"\xa0", 3), ImproperList(("a",), "b"), bytes()):
            pass
        case other:
            pytest.fail(f"{other!r} came")


async def test_pings_both_ways_hidden(ours: Node, otp: Beam) -> None:
    assert await ours.ping(otp.name)
    assert await otp.eval(f"net_adm:ping('{ours.name}')") == "pong"
    assert str(ours.name) in await otp.eval("nodes(hidden)")
    assert str(ours.name) not in await otp.eval("nodes()")


async def test_erlang_connects_to_us(ours: Node, otp: Beam) -> None:
    assert await otp.eval(f"net_adm:ping('{ours.name}')") == "pong"
    link = ours.link_to(otp.name)
    assert link is not None
    assert not link.initiator
    assert await ours.connect(otp.name) is link


async def test_calls_run_what_is_allowed_only(ours: Node, otp: Beam) -> None:
    async def slowly(number: Term) -> Term:
        await asyncio.sleep(0)
        return (Atom("got"), number)

    def fail() -> Term:
        raise ValueError("no luck")

    ours.allow("harmony", "slowly", slowly)
    ours.allow("harmony", "fail", fail)
    us = f"'{ours.name}'"
    assert await otp.eval(f"rpc:call({us}, harmony, slowly, [300])") == "{got,300}"
    assert await otp.eval(f"erpc:call({us}, harmony, slowly, [3], 5000)") == "{got,3}"
    assert await otp.eval(f"erpc:receive_response(erpc:send_request({us}, harmony, slowly, [4]), 5000)") == "{got,4}"
    assert await otp.eval(f"gen_server:call({{rex, {us}}}, {{call, harmony, slowly, [5], self()}})") == "{got,5}"
    assert await otp.eval(f'rpc:call({us}, os, cmd, ["id"])') == ("{badrpc,{'EXIT',{undef,[{os,cmd,[\"id\"],[]}]}}}")
    assert (await otp.eval(f'erpc:call({us}, os, cmd, ["id"])')).startswith("{error,{exception,undef,")
    assert (await otp.eval(f"gen_server:call({{rex, {us}}}, {{call, os, cmd, [a], self()}})")).startswith("{badrpc,")
    assert "no luck" in await otp.eval(f"rpc:call({us}, harmony, fail, [])")
    assert "no luck" in await otp.eval(f"gen_server:call({{rex, {us}}}, {{call, harmony, fail, [], self()}})")
    # Any other process is refused, and the one who asked hears of it.
    spawned = f"{{P, R}} = spawn_monitor({us}, os, cmd, [\"id\"]), receive {{'DOWN', R, _, _, Why}} -> Why end"
    assert await otp.eval(spawned) == "{error,notsup}"


async def test_we_call_erlang(ours: Node, otp: Beam) -> None:
    assert await ours.call(otp.name, "lists", "reverse", [1000, 2, 3]) == [3, 2, 1000]
    with pytest.raises(CallFailed, match="undef"):
        await ours.call(otp.name, "nonsense", "at_all")


async def test_links_in_both_directions(ours: Node, otp: Beam) -> None:
    await ours.connect(otp.name)
    process = ours.mailbox("linked")
    us = f"{{linked, '{ours.name}'}}"
    # Their process ends.
    await otp.eval(f"{us} ! spawn(fun() -> receive stop -> exit(done) end end)")
    theirs = await process.receive()
    assert isinstance(theirs, Pid)
    process.link(theirs)
    process.send(theirs, Atom("stop"))
    assert await process.receive() == (Atom("EXIT"), theirs, Atom("done"))
    # Ours ends.
    await otp.eval(f"{us} ! self()")
    me = await process.receive()
    assert isinstance(me, Pid)
    process.link(me)
    process.close(Atom("over"))
    assert await otp.eval("receive {'EXIT', _, Why} -> Why after 5000 -> late end") == "over"
    # Nobody there.
    other = ours.mailbox("linked")
    other.link(theirs)
    assert await other.receive() == (Atom("EXIT"), theirs, Atom("noproc"))


async def test_a_link_of_erlangs_to_a_process_that_is_gone(ours: Node, otp: Beam) -> None:
    await ours.connect(otp.name)
    process = ours.mailbox()
    await otp.eval("register(me, self())")
    process.send(("me", otp.name), process.pid)
    process.close()
    gone = "receive P when is_pid(P) -> link(P), receive {'EXIT', P, Why} -> Why after 5000 -> late end end"
    assert await otp.eval(gone) == "noproc"
    await otp.eval("unregister(me)")


async def test_an_ended_link_is_silent_and_can_be_made_anew(ours: Node, otp: Beam) -> None:
    await ours.connect(otp.name)
    process = ours.mailbox("linked")
    await otp.eval(f"{{linked, '{ours.name}'}} ! spawn(fun F() -> receive {{P, M}} -> P ! M, F(); stop -> ok end end)")
    theirs = await process.receive()
    assert isinstance(theirs, Pid)
    for _ in range(20):  # UNLINK_ID and LINK in flight together
        process.link(theirs)
        process.unlink(theirs)
    process.link(theirs)
    process.unlink(theirs)
    process.send(theirs, (process.pid, Atom("first")))
    assert await process.receive() == Atom("first")
    await until(lambda: not process.links, "the acknowledgement of the unlink")
    ref = process.monitor(theirs)
    process.send(theirs, Atom("stop"))
    assert await process.receive() == (Atom("DOWN"), ref, Atom("process"), theirs, Atom("normal"))


async def test_monitors_in_both_directions(ours: Node, otp: Beam) -> None:
    await ours.connect(otp.name)
    process = ours.mailbox("watched")
    us = f"{{watched, '{ours.name}'}}"
    # We watch them, by pid and by name.
    await otp.eval(f"S = spawn(fun() -> receive stop -> exit(done) end end), register(short, S), {us} ! S")
    theirs = await process.receive()
    assert isinstance(theirs, Pid)
    first, second = process.monitor(theirs), process.monitor(("short", otp.name))
    forgotten = process.monitor(theirs)
    process.demonitor(forgotten)
    process.send(theirs, Atom("stop"))
    downs = [await process.receive(), await process.receive()]
    assert (Atom("DOWN"), first, Atom("process"), theirs, Atom("done")) in downs
    assert (Atom("DOWN"), second, Atom("process"), (Atom("short"), Atom(otp.name)), Atom("done")) in downs
    # They watch us, by name, and a name that nobody has.
    down = "receive {'DOWN', _, process, What, Why} -> {What, Why} after 5000 -> late end"
    assert (
        await otp.eval(f"monitor(process, {{nobody, '{ours.name}'}}), {down}") == f"{{{{nobody,'{ours.name}'}},noproc}}"
    )
    await otp.eval(f"monitor(process, {us}), put(r, monitor(process, {us})), demonitor(get(r)), {us} ! set")
    assert await process.receive() == Atom("set")
    process.close(Atom("over"))
    assert await otp.eval(down) == f"{{{{watched,'{ours.name}'}},over}}"
    assert await otp.eval("receive Any -> Any after 50 -> none end") == "none"


async def test_exit_signals_in_both_directions(ours: Node, otp: Beam) -> None:
    await ours.connect(otp.name)
    process = ours.mailbox("target")
    us = f"{{target, '{ours.name}'}}"
    await otp.eval(f"{us} ! self()")
    me = await process.receive()
    assert isinstance(me, Pid)
    process.exit(me, Atom("please"))
    assert await otp.eval("receive {'EXIT', _, Why} -> Why after 5000 -> late end") == "please"
    process.send(me, process.pid)
    kept = await otp.eval("receive P when is_pid(P) -> put(p, P), exit(P, (catch x)), ok after 5000 -> late end")
    assert kept == "ok"
    assert await process.receive() == (Atom("EXIT"), me, Atom("x"))
    await otp.eval("monitor(process, get(p)), exit(get(p), kill)")
    assert await otp.eval("receive {'DOWN', _, process, _, Why} -> Why after 5000 -> late end") == "killed"
    assert process.closed


async def test_the_end_of_a_link_is_told(start_ours: StartOurs, otp: Beam) -> None:
    ours = await start_ours()
    await ours.connect(otp.name)
    process = ours.mailbox("p")
    await otp.eval(f"{{p, '{ours.name}'}} ! self(), monitor(process, {{p, '{ours.name}'}})")
    me = await process.receive()
    assert isinstance(me, Pid)
    process.link(me)
    ref = process.monitor(me)
    assert await ours.ping(otp.name)  # the link and the monitor came before it on the same connection
    ended: list[str] = []
    ours.on_link_down.append(lambda link, reason: ended.append(reason))
    await otp.eval(f"erlang:disconnect_node('{ours.name}')")
    noconnection = Atom("noconnection")
    assert await process.receive() == (Atom("EXIT"), me, noconnection)
    assert await process.receive() == (Atom("DOWN"), ref, Atom("process"), me, noconnection)
    assert ended == ["the peer closed the connection"]
    down = "receive {'DOWN', _, _, _, W} -> W after 5000 -> late end"
    exits = "receive {'EXIT', _, V} -> V after 5000 -> late end"
    assert await otp.eval(f"[{down}, {exits}]") == "[noconnection,noconnection]"
    late = process.monitor(me)
    assert await process.receive() == (Atom("DOWN"), late, Atom("process"), me, noconnection)
    process.link(me)
    assert await process.receive() == (Atom("EXIT"), me, noconnection)


async def test_a_term_of_64_megabytes_arrives(ours: Node, otp: Beam) -> None:
    await ours.connect(otp.name)
    process = ours.mailbox("big")
    raw: list[bytes] = []
    process.on_raw = lambda payload, link: raw.append(payload)
    await otp.eval(f"{{big, '{ours.name}'}} ! binary:copy(<<\"0123456789abcdef\">>, 4 * 1024 * 1024), ok")
    await until(lambda: bool(raw), "the arrival of 64 MB")
    assert len(raw[0]) == 6 + 64 * 1024 * 1024
    assert raw[0].endswith(b"0123456789abcdef")
    process.on_raw = None
    await otp.eval("register(sizer, spawn(fun() -> receive {P, B} -> P ! {size(B), erlang:md5(B)} end end))")
    process.send(("sizer", otp.name), (process.pid, bytes(64 * 1024 * 1024)))
    assert await process.receive() == (64 * 1024 * 1024, hashlib.md5(bytes(64 * 1024 * 1024)).digest())


async def test_raw_messages_are_held_up_at_the_socket(ours: Node, otp: Beam) -> None:
    link = await ours.connect(otp.name)
    process = ours.mailbox("flood")
    raw: list[bytes] = []

    def take(payload: bytes, _: object) -> None:
        raw.append(payload)
        if len(raw) == 10:
            link.pause_reading()

    process.on_raw = take
    count = 20_000
    each = f"{{flood, '{ours.name}'}} ! {{N, binary:copy(<<0>>, 2000)}}"
    await otp.eval(f"spawn(fun() -> [{each} || N <- lists:seq(1, {count})] end), ok")
    await until(lambda: len(raw) >= 10)
    seen = len(raw)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3):
            await until(lambda: len(raw) > seen)
    assert seen < count
    link.resume_reading()
    await until(lambda: len(raw) == count, "the arrival of all")
    assert [int.from_bytes(payload[4:8], "big") if payload[3] == 98 else payload[4] for payload in raw] == list(
        range(1, count + 1)
    )
