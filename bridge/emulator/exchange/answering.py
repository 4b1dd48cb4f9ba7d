"""What answers in the place of people: mailboxes, menus (mod_voicemail, switch_ivr_menu.c)."""

from __future__ import annotations

from typing import Final

from bridge.emulator.exchange import asking
from bridge.emulator.exchange.applications import pause
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.executing import APPLICATIONS, transfer
from bridge.emulator.exchange.mailboxes import Mailboxes, Message
from bridge.emulator.exchange.threads import Thread

SECOND: Final = 1_000_000
LONGEST_MESSAGE: Final = 60 * SECOND
_GREETING: Final = "voicemail/vm-person.wav"


def _voicemail(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    words = data.split()
    if len(words) != 3:  # somebody listens to messages: there are none
        yield from play(exchange, channel, "voicemail/vm-no_more_messages.wav", 3 * SECOND)
        return
    _, domain, user = words
    yield from play(exchange, channel, _GREETING, 2 * SECOND)
    if channel.state != "CS_EXECUTE":
        return
    path = f"/recordings/voicemail/{domain}/{user}/msg_{exchange.new_uuid()}.wav"
    began = exchange.now
    exchange.emit(channel, "RECORD_START", [("Record-File-Path", path)])
    yield from pause(exchange, channel, LONGEST_MESSAGE)
    exchange.keep(path, exchange.now - began)
    exchange.emit(channel, "RECORD_STOP", [("Record-File-Path", path), ("Record-Completion-Cause", "success-silence")])
    profile = channel.profile
    message = Message(
        exchange.new_uuid(), path, profile.caller_name, profile.caller_number, began, (exchange.now - began) // SECOND
    )
    Mailboxes.of(exchange).leave(f"{user}@{domain}", message)
    told = [
        ("VM-Action", "leave-message"),
        ("VM-User", user),
        ("VM-Domain", domain),
        ("VM-Caller-ID-Name", channel.profile.caller_name),
        ("VM-Caller-ID-Number", channel.profile.caller_number),
        ("VM-File-Path", path),
        ("VM-Flags", ""),
        ("VM-Folder", "inbox"),
        ("VM-UUID", message.uuid),
        ("VM-Message-Len", str((exchange.now - began) // SECOND)),
        ("VM-Timestamp", str(began // SECOND)),
    ]
    exchange.emit(channel, "CUSTOM", told, subclass="vm::maintenance")


def play(exchange: Exchange, channel: Channel, path: str, micros: int) -> Thread[bool]:
    """Let a leg hear a file; False when it went elsewhere before the end."""
    exchange.emit(channel, "PLAYBACK_START", [("Playback-File-Path", path)])
    whole = yield from pause(exchange, channel, micros)
    ended = [("Playback-File-Path", path), ("Playback-Status", "done" if whole else "break")]
    exchange.emit(channel, "PLAYBACK_STOP", ended)
    return whole


def _ivr(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    root = yield from asking.configuration(exchange, "ivr.conf", [("Menu-Name", data)])
    menu = next((one for one in root.iter("menu") if one.get("name") == data), None)
    if menu is None:
        return
    choices = {entry.get("digits", ""): entry.get("param", "") for entry in menu.iter("entry")}
    channel.digits = ""
    for _ in range(int(menu.get("max_failures", "3"))):
        yield from play(exchange, channel, menu.get("greet_long", ""), 2 * SECOND)
        if channel.state != "CS_EXECUTE":
            return
        limit = int(menu.get("timeout", "5000")) * 1000
        yield exchange.threads.within(limit, lambda: bool(channel.digits) or channel.state != "CS_EXECUTE")
        digits, channel.digits = channel.digits, ""
        if channel.state != "CS_EXECUTE":
            return
        name, _, argument = choices.get(digits, "").partition(" ")
        if name == "transfer":
            number, _, context = [*argument.split(" "), "XML", channel.profile.context][:3]
            transfer(exchange, channel, number, context)
            return


def _read(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    """Read keys into a variable: `MIN MAX FILE VARIABLE TIMEOUT TERMINATORS`."""
    least, most, path, name, timeout, ends = [*data.split(), "", "", "", "", "", ""][:6]
    channel.digits = ""
    exchange.emit(channel, "PLAYBACK_START", [("Playback-File-Path", path)])
    home = channel.state

    def over() -> bool:
        full = len(channel.digits) >= int(most or 1)
        return full or channel.state != home or any(end in channel.digits for end in ends)

    yield exchange.threads.within(int(timeout or 5000) * 1000 + 5 * SECOND, over)
    exchange.emit(channel, "PLAYBACK_STOP", [("Playback-File-Path", path), ("Playback-Status", "break")])
    digits = channel.digits
    for end in ends:
        digits = digits.partition(end)[0]
    channel.variables[name] = digits if len(digits) >= int(least or 0) else ""
    channel.digits = ""


APPLICATIONS.update({"voicemail": _voicemail, "ivr": _ivr, "read": _read})
