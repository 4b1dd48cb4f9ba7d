"""What the dialplan's plain applications do. Modules with more to them (lots, rooms, queues) have files of their own.

Source: FreeSWITCH mod_dptools.c.
"""

from __future__ import annotations

from typing import Final

from bridge.emulator.exchange.bridging import bridge, join
from bridge.emulator.exchange.calling import originate
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.executing import APPLICATIONS, transfer
from bridge.emulator.exchange.session import answer, hang_up, ring_ready
from bridge.emulator.exchange.threads import TICK, Thread

_TRUE: Final = frozenset({"true", "yes", "on", "1"})
_REFUSALS: Final = {
    "404": "UNALLOCATED_NUMBER",
    "403": "CALL_REJECTED",
    "480": "NO_ANSWER",
    "486": "USER_BUSY",
    "503": "NORMAL_TEMPORARY_FAILURE",
    "603": "CALL_REJECTED",
}
LONGEST: Final = 600_000_000
"""µs that anything is played which has no end of its own"""


def _set(exchange: Exchange, channel: Channel, data: str) -> None:
    name, _, value = data.partition("=")
    channel.variables[name.strip()] = value


def _unset(exchange: Exchange, channel: Channel, data: str) -> None:
    channel.variables.pop(data, None)


def _export(exchange: Exchange, channel: Channel, data: str) -> None:
    name, _, value = data.partition("=")
    channel.variables[name] = value
    exported = [one for one in channel.variables.get("export_vars", "").split(",") if one]
    channel.variables["export_vars"] = ",".join(dict.fromkeys([*exported, name]))


def _hash(exchange: Exchange, channel: Channel, data: str) -> None:
    what, _, rest = data.partition("/")
    key, _, value = rest.rpartition("/")
    if what == "insert":
        exchange.hash[key] = value


def _answer(exchange: Exchange, channel: Channel, data: str) -> None:
    answer(exchange, channel)


def _ring_ready(exchange: Exchange, channel: Channel, data: str) -> None:
    ring_ready(exchange, channel)


def _hangup(exchange: Exchange, channel: Channel, data: str) -> None:
    hang_up(exchange, channel, data or "NORMAL_CLEARING")


def _respond(exchange: Exchange, channel: Channel, data: str) -> None:
    hang_up(exchange, channel, _REFUSALS.get(data.split(" ")[0], "NORMAL_CLEARING"), "send_refuse")


def _sleep(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    yield from pause(exchange, channel, int(data or 0) * 1000)


def pause(exchange: Exchange, channel: Channel, micros: int) -> Thread[bool]:
    """Let time pass on a leg; False when it went elsewhere, or was interrupted, before."""
    home, channel.interrupted = channel.state, False
    return not (yield exchange.threads.within(micros, lambda: channel.state != home or channel.interrupted))


def _transfer(exchange: Exchange, channel: Channel, data: str) -> None:
    number, _, context = ([*data.split(" "), "XML", channel.profile.context])[:3]
    transfer(exchange, channel, number, context)


def _execute_extension(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    """Look up another number and execute what is found there; no transfer."""
    from dataclasses import replace

    from bridge.emulator.exchange import asking
    from bridge.emulator.exchange.executing import execute

    number, _, context = ([*data.split(" "), "XML", channel.profile.context])[:3]
    before = channel.profile
    channel.profile = replace(before, destination=number, context=context)
    found = yield from asking.dialplan(exchange, channel)
    channel.profile = before
    for name, argument, _inline in found or []:
        if channel.state == "CS_EXECUTE":
            yield from execute(exchange, channel, name, argument)


def _bridge(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    result = yield from originate(exchange, channel, data)
    if result.channel is None:
        said = channel.variables.get("continue_on_fail", "false")
        goes_on = said in _TRUE or result.cause in said.split(",")
        if channel.state == "CS_EXECUTE" and not channel.taken and not goes_on:
            hang_up(exchange, channel, result.cause)
        return
    b = result.channel
    yield from bridge(exchange, channel, b)
    if channel.state == "CS_EXECUTE" and channel.variables.get("hangup_after_bridge") in _TRUE:
        hang_up(exchange, channel, b.cause or "NORMAL_CLEARING")


def _playback(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    told = [("Playback-File-Path", data)]
    exchange.emit(channel, "PLAYBACK_START", told)
    endless = any(word in data for word in ("loops=-1", "://-1", "local_stream:"))
    whole = yield from pause(exchange, channel, LONGEST if endless else 1_500_000)
    status = "done" if whole else "break"
    exchange.emit(channel, "PLAYBACK_STOP", [*told, ("Playback-Status", status)])


def _forever(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    yield from pause(exchange, channel, LONGEST)


def _event(exchange: Exchange, channel: Channel, data: str) -> None:
    fields = dict(one.partition("=")[::2] for one in data.split(","))
    subclass = fields.pop("Event-Subclass", "")
    fields.pop("Event-Name", None)
    exchange.emit(channel, "CUSTOM", list(fields.items()), subclass=subclass)


def _intercept(exchange: Exchange, channel: Channel, data: str) -> None:
    """Pick up what rings: the leg named, or with -bleg whoever it rings for."""
    words = data.split()
    other = exchange.channels.get(words[-1]) if words else None
    if other is not None and "-bleg" in words:
        other = exchange.channels.get(other.variables.get("originator", ""), other.peer)
    if other is None or not other.up or other is channel:
        return
    answer(exchange, channel)
    other.taken = True
    if other.peer is not None:
        hang_up(exchange, other.peer, "PICKED_OFF")
    answer(exchange, other)
    join(exchange, channel, other)


def _att_xfer(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    """Talk with a third one while the other waits; whoever is left in the end is brought together."""
    waiting = channel.peer
    result = yield from originate(exchange, channel, data)
    third = result.channel
    if third is None:
        return
    yield from bridge(exchange, channel, third, keep=True)
    yield exchange.threads.after(TICK)
    if waiting is None or not waiting.up:
        hang_up(exchange, third, "NORMAL_CLEARING")
    elif channel.up:
        join(exchange, channel, waiting, waiting=True)
    elif third.up:
        join(exchange, third, waiting, waiting=True)


APPLICATIONS.update(
    {
        "set": _set,
        "unset": _unset,
        "export": _export,
        "hash": _hash,
        "answer": _answer,
        "pre_answer": _answer,
        "ring_ready": _ring_ready,
        "hangup": _hangup,
        "respond": _respond,
        "sleep": _sleep,
        "transfer": _transfer,
        "execute_extension": _execute_extension,
        "bridge": _bridge,
        "playback": _playback,
        "echo": _forever,
        "park": _forever,
        "event": _event,
        "intercept": _intercept,
        "att_xfer": _att_xfer,
    }
)
