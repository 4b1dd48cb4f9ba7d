"""Two legs that hear each other, and what ends it; legs that are brought together afterwards (uuid_bridge).

Source: FreeSWITCH switch_ivr_bridge.c; order and headers are those of recorded calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.session import HANDLERS, hang_up
from bridge.emulator.exchange.threads import TICK, Thread, Wait

PRIVATELY: Final[list[Callable[[Exchange, Channel, str, str], Thread[None]]]] = []
"""how a leg that talks executes an application (`executing`)"""
WAITS: Final = "uuid_bridge:"
"""of a leg in CS_SOFT_EXECUTE that another one will bridge"""


def bridge(exchange: Exchange, a: Channel, b: Channel, *, keep: bool = False) -> Thread[None]:
    """Bridge ``b`` to ``a``, on the thread of ``a``, until one leaves; the other is the caller's to end.

    ``keep``: who was bridged waits for what comes when the other one hangs up.
    """
    home = a.state
    a.peer, b.peer = b, a
    a.times.bridged = b.times.bridged = exchange.now
    # The other leg of `a` is whom it was bridged with last; `b` keeps who made it.
    a.other = b.seen("originatee", times=True)
    if b.other is None:
        b.other = a.seen("originator", times=True)
    a.variables["signal_bond"] = b.uuid
    told = [("Bridge-A-Unique-ID", a.uuid), ("Bridge-B-Unique-ID", b.uuid)]
    exchange.emit(a, "CHANNEL_BRIDGE", first=told)
    for one, other in ((a, b), (b, a)):
        one.variables |= {
            "bridge_channel": other.name,
            "bridge_uuid": other.uuid,
            "signal_bond": other.uuid,
            "last_bridge_to": other.uuid,
        }
    b.state = "CS_EXCHANGE_MEDIA"
    exchange.start(_show(exchange, a, b))
    yield from talk(exchange, a, lambda: a.state != home or b.state != "CS_EXCHANGE_MEDIA" or a.peer is not b)
    if not b.up and a.state == home:
        yield exchange.threads.after(TICK)  # it is seen with the next frame
    elif not a.up and b.up and b.state != "CS_EXCHANGE_MEDIA":
        yield exchange.threads.after(2 * TICK)  # who moved it away comes first
    a.variables["last_bridge_role"], b.variables["last_bridge_role"] = "originator", "originatee"
    if b.state == "CS_EXCHANGE_MEDIA" and b.peer is a and keep:
        b.state = "CS_PARK"
    elif b.state == "CS_EXCHANGE_MEDIA" and b.peer is a:
        hang_up(exchange, b, a.cause or "NORMAL_CLEARING")
    a.variables["bridge_hangup_cause"] = b.cause or a.cause or "NORMAL_CLEARING"
    exchange.emit(a, "CHANNEL_UNBRIDGE", first=told)
    if a.peer is b:
        a.peer = None
    if b.peer is a:
        b.peer = None


def talk(exchange: Exchange, channel: Channel, over: Callable[[], bool]) -> Thread[None]:
    """Be bridged, and execute what is wanted meanwhile."""
    while not over():
        if channel.queue:
            name, data = channel.queue.pop(0)
            yield from PRIVATELY[0](exchange, channel, name, data)
        else:
            yield Wait(lambda: over() or bool(channel.queue))


def _show(exchange: Exchange, a: Channel, b: Channel) -> Thread[None]:
    """Each phone is told whom it talks with."""
    yield exchange.threads.after(TICK)
    callee = (a.profile.callee_name, a.profile.callee_number)
    caller = (b.profile.caller_name, b.profile.caller_number)
    for one, other, (name, number) in ((a, b, callee), (b, a, caller)):
        if one.peer is other and one.up and other.up and one.twin is None:
            one.variables |= {"last_sent_callee_id_name": name, "last_sent_callee_id_number": number}
            shown = [("Direction", "SEND"), ("Sent-Callee-ID-Name", name), ("Sent-Callee-ID-Number", number)]
            exchange.emit(one, "CALL_UPDATE", first=[*shown, ("Bridged-To", other.uuid)])


def join(exchange: Exchange, a: Channel, b: Channel, *, waiting: bool = False) -> None:
    """Take two legs from whatever they do and bridge them, ``a`` first (switch_ivr_uuid_bridge).

    ``waiting``: ``b`` is bridged still, and waits there.
    """
    at = exchange.now // 1_000_000
    for one, other in ((a, b), (b, a)):
        said = f"{at}:{exchange.new_uuid()}:uuid_br:{other.uuid}"
        remember(one, said)
        one.peer = None
    _introduce(exchange, a, b)
    a.then, b.then = ("uuid_bridge", b.uuid), (WAITS, a.uuid)
    in_application = b.state in ("CS_EXECUTE", "CS_SOFT_EXECUTE")
    a.state, b.state = "CS_HIBERNATE", "CS_RESET" if waiting and in_application else "CS_HIBERNATE"


def _introduce(exchange: Exchange, a: Channel, b: Channel) -> None:
    """Who the one leg is calls on both from now on, and who the other is is called."""
    mine, its = a.profile, b.profile
    caller = (mine.callee_name, mine.callee_number) if a.outbound else (mine.caller_name, mine.caller_number)
    callee = (its.callee_name, its.callee_number) if b.outbound else (its.caller_name, its.caller_number)
    for one in (a, b):
        one.profile.caller_name, one.profile.caller_number = caller
        one.profile.callee_name, one.profile.callee_number = callee
    if a.twin is not None:
        a.twin.profile.callee_name, a.twin.profile.callee_number = callee
    a.other, b.other = b.seen("originatee", times=True), a.seen("originator", times=True)


def remember(channel: Channel, said: str) -> None:
    """Add to a leg's history of transfers."""
    before = channel.variables.get("transfer_history")
    if before is not None:
        said = f"{before}|:{said}" if before.startswith("ARRAY::") else f"ARRAY::{before}|:{said}"
    channel.variables["transfer_history"] = said
    channel.variables["transfer_source"] = said.rpartition("|:")[2].removeprefix("ARRAY::")


def _soft_execute(exchange: Exchange, channel: Channel) -> Thread[None]:
    what, leg = channel.then or ("", "")
    other = exchange.channels.get(leg)
    if what == WAITS:
        # Whoever bridges comes; if it has gone, this leg has nobody.
        yield Wait(lambda: channel.state != "CS_SOFT_EXECUTE" or other is None or not other.up)
        if channel.state == "CS_SOFT_EXECUTE":
            hang_up(exchange, channel, "NORMAL_CLEARING")
        return
    ready = "CS_SOFT_EXECUTE"
    yield Wait(
        lambda: channel.state != ready or other is None or not other.up or (other.state == other.running == ready)
    )
    channel.then = None
    if channel.state == ready and other is not None and other.up:
        other.then = None
        yield exchange.threads.after(TICK)
        for one, its in ((channel, other), (other, channel)):
            told = [("Application", "uuid_bridge"), ("Application-Data", its.uuid)]
            exchange.emit(one, "CHANNEL_EXECUTE", told)
        if channel.state == ready and other.state == ready:
            other.other = channel.seen("originator", times=True)
            yield from bridge(exchange, channel, other)
    if channel.state == ready:
        if channel.variables.get("hangup_after_bridge") == "true":
            hang_up(exchange, channel, "NORMAL_CLEARING")
        else:
            channel.state = "CS_EXECUTE"


def _exchange_media(exchange: Exchange, channel: Channel) -> Thread[None]:
    yield from talk(exchange, channel, lambda: channel.state != "CS_EXCHANGE_MEDIA")


def _park(exchange: Exchange, channel: Channel) -> Thread[None]:
    exchange.emit(channel, "CHANNEL_PARK")
    yield Wait(lambda: channel.state != "CS_PARK")
    exchange.emit(channel, "CHANNEL_UNPARK")


HANDLERS["CS_SOFT_EXECUTE"] = _soft_execute
HANDLERS["CS_EXCHANGE_MEDIA"] = _exchange_media
HANDLERS["CS_PARK"] = _park
