"""What is done with the sound of a leg: recordings, keys, somebody who listens in.

Source: FreeSWITCH switch_ivr_async.c, switch_core_media_bug.c; the digits that a switch sends make no event.
"""

from __future__ import annotations

from typing import Final

from bridge.emulator.exchange.applications import LONGEST
from bridge.emulator.exchange.bridging import talk
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.commands import NO_CHANNEL, command, find
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.executing import APPLICATIONS
from bridge.emulator.exchange.session import AT_END
from bridge.emulator.exchange.threads import Thread

SUCCESS: Final = "+OK Success\n"


@command("uuid_record")
def _record(exchange: Exchange, argument: str) -> str:
    channel, rest = find(exchange, argument)
    if channel is None:
        return "-ERR Cannot locate session!\n"
    if len(rest) < 2 or rest[0] not in ("start", "stop", "mask", "unmask"):
        return "-USAGE: <uuid> [start|stop|mask|unmask] <path> [<limit>] [<recording_vars>]\n"
    if rest[0] == "start":
        if rest[1] in channel.recordings:
            return "-ERR Already recording\n"
        _start(exchange, channel, rest[1])
    elif rest[0] == "stop":
        if rest[1] not in channel.recordings and rest[1] != "all":
            return "-ERR Cannot stop recording session\n"
        for path in list(channel.recordings) if rest[1] == "all" else [rest[1]]:
            _stop(exchange, channel, path)
    return SUCCESS


def _start(exchange: Exchange, channel: Channel, path: str) -> None:
    channel.recordings[path] = exchange.now
    exchange.emit(channel, "RECORD_START", [("Record-File-Path", path)])
    exchange.emit(channel, "MEDIA_BUG_START", first=_bug(path))


def _stop(exchange: Exchange, channel: Channel, path: str) -> None:
    exchange.keep(path, exchange.now - channel.recordings.pop(path))
    told = [("Record-File-Path", path), ("Record-Completion-Cause", "success-maxtime")]
    exchange.emit(channel, "RECORD_STOP", told)
    exchange.emit(channel, "MEDIA_BUG_STOP", first=_bug(path))


def _bug(path: str) -> list[tuple[str, str]]:
    return [("Media-Bug-Function", "session_record"), ("Media-Bug-Target", path)]


def _over(exchange: Exchange, channel: Channel) -> None:
    for path in list(channel.recordings):
        _stop(exchange, channel, path)


def _record_session(exchange: Exchange, channel: Channel, data: str) -> None:
    if data not in channel.recordings:
        _start(exchange, channel, data)


def _stop_record_session(exchange: Exchange, channel: Channel, data: str) -> None:
    for path in list(channel.recordings) if data == "all" else [data]:
        if path in channel.recordings:
            _stop(exchange, channel, path)


@command("uuid_send_dtmf")
def _send_dtmf(exchange: Exchange, argument: str) -> str:
    channel, rest = find(exchange, argument)
    if channel is None:
        return NO_CHANNEL
    return f"+OK {channel.uuid} sent DTMF {rest[0]}\n" if rest else "-USAGE: <uuid> <dtmf_data>\n"


def press(exchange: Exchange, channel: Channel, digits: str) -> Thread[None]:
    """Let a leg's phone press keys."""
    for digit in digits:
        told = [("DTMF-Digit", digit), ("DTMF-Duration", "960"), ("DTMF-Source", "RTP")]
        if channel.up:
            channel.digits += digit
            exchange.emit(channel, "DTMF", told)
        yield exchange.threads.after(160_000)


def _eavesdrop(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    heard, home = exchange.channels.get(data.strip()), channel.state
    if heard is None or not heard.up:
        return
    bug = [("Media-Bug-Function", "eavesdrop"), ("Media-Bug-Target", channel.uuid)]
    exchange.emit(heard, "MEDIA_BUG_START", first=bug)
    until = exchange.threads.now + LONGEST

    def over() -> bool:
        return channel.state != home or not heard.up or exchange.threads.now >= until

    yield from talk(exchange, channel, over)
    exchange.emit(heard, "MEDIA_BUG_STOP", first=bug)


APPLICATIONS.update(
    {"record_session": _record_session, "stop_record_session": _stop_record_session, "eavesdrop": _eavesdrop}
)
AT_END.append(_over)
