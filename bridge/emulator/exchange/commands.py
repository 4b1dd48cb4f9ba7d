"""The switch's commands (`api`, `bgapi`), answered in its own words. Those of modules are in the modules beside.

Source: FreeSWITCH mod_commands.c; the answers are recorded ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Final

from bridge.emulator.exchange.bridging import join
from bridge.emulator.exchange.calling import originate
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.dialstring import dial
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.executing import transfer
from bridge.emulator.exchange.headers import stamp
from bridge.emulator.exchange.session import call_state, hang_up
from bridge.emulator.exchange.threads import TICK, Thread

OK: Final = "+OK\n"
NO_CHANNEL: Final = "-ERR No such channel!\n"
Command = Callable[[Exchange, str], Thread[str] | str]
COMMANDS: Final[dict[str, Command]] = {}
"""by name; the modules that have them put them in"""


def command(name: str) -> Callable[[Command], Command]:
    """Make a command of a function."""

    def note(function: Command) -> Command:
        COMMANDS[name] = function
        return function

    return note


def find(exchange: Exchange, argument: str) -> tuple[Channel | None, list[str]]:
    """Return the leg that a command is about, and its other words."""
    words = argument.split()
    channel = exchange.channels.get(words[0]) if words else None
    if channel is None or not channel.up:
        return None, words[1:]
    channel.touched = True
    return channel, words[1:]


@command("originate")
def _originate(exchange: Exchange, argument: str) -> Thread[str]:
    string, rest = _first(argument)
    if not rest:
        return "-USAGE: originate <call_url> <exten>|&<application_name>(<app_args>) [<dialplan>] [<context>]\n"
    limit = dial(string).variables.get("originate_timeout")
    result = yield from originate(exchange, None, string, int(limit) if limit else None)
    channel = result.channel
    if channel is None:
        return f"-ERR {result.cause}\n"
    if rest.startswith("&"):
        name, _, data = rest[1:].partition("(")
        channel.hit_dialplan = False
        channel.actions = [(name, data.rpartition(")")[0].replace("\\s", " "))]
        channel.state = "CS_EXECUTE"
    else:
        words = rest.split()
        number, _, context = [*words, "XML", "default"][:3] if len(words) < 3 else words[:3]
        transfer(exchange, channel, number, context)
    return f"+OK {channel.uuid}\n"


def _first(argument: str) -> tuple[str, str]:
    """Split behind the dial string, whose brackets may hold blanks."""
    depth = 0
    for place, character in enumerate(argument):
        depth += (character in "[{<") - (character in "]}>")
        if character == " " and depth == 0:
            return argument[:place], argument[place + 1 :].strip()
    return argument, ""


@command("uuid_kill")
def _kill(exchange: Exchange, argument: str) -> str:
    channel, rest = find(exchange, argument)
    if channel is None:
        return NO_CHANNEL
    hang_up(exchange, channel, rest[0] if rest else "NORMAL_CLEARING")
    return OK


@command("uuid_transfer")
def _transfer(exchange: Exchange, argument: str) -> str:
    channel, rest = find(exchange, argument)
    if channel is None:
        return NO_CHANNEL
    moved = [channel]
    if rest and rest[0] in ("-bleg", "-both"):
        if channel.peer is None:
            return "-ERR No such channel!\n"
        moved = [channel.peer] if rest[0] == "-bleg" else [channel.peer, channel]
        rest = rest[1:]
    if not rest:
        return "-USAGE: <uuid> [-bleg|-both] <dest-exten> [<dialplan>] [<context>]\n"
    for one in moved:
        transfer(exchange, one, rest[0], rest[2] if len(rest) > 2 else one.profile.context)
    return OK


@command("uuid_hold")
def _hold(exchange: Exchange, argument: str) -> str:
    words = argument.split()
    off = bool(words) and words[0] == "off"
    channel, _ = find(exchange, " ".join(words[1:] if words and words[0] in ("off", "toggle") else words))
    if channel is None:
        return "-ERR Operation failed\n"
    if off or (words[0] == "toggle" and channel.held):
        unhold(exchange, channel)
    else:
        hold(exchange, channel)
    return "+OK Success\n"


def hold(exchange: Exchange, channel: Channel) -> None:
    """A leg's phone holds: whom it talks with hears music."""
    if channel.held or not channel.answered:
        return
    channel.held = True
    channel.times.last_hold = exchange.now
    call_state(exchange, channel, "HELD")
    channel.variables["hold_events"] = f"{channel.variables.get('hold_events', '')}"
    exchange.emit(channel, "CHANNEL_HOLD")


def unhold(exchange: Exchange, channel: Channel) -> None:
    """A leg's phone takes the other back."""
    if not channel.held:
        return
    channel.held = False
    channel.times.hold_accum += exchange.now - channel.times.last_hold
    call_state(exchange, channel, "UNHELD")
    exchange.emit(channel, "CHANNEL_UNHOLD")
    exchange.start(_active(exchange, channel))


def _active(exchange: Exchange, channel: Channel) -> Thread[None]:
    yield exchange.threads.after(TICK)
    if channel.up and channel.call_state == "UNHELD":
        call_state(exchange, channel, "ACTIVE")


@command("uuid_broadcast")
def _broadcast(exchange: Exchange, argument: str) -> str:
    """Let a leg that talks execute an application, ``app::argument``, or hear a file."""
    words = argument.split(None, 1)
    channel, _ = find(exchange, argument)
    if channel is None or len(words) < 2:
        return "-ERR No such channel!\n"
    said, whose = words[1], "aleg"
    for one in ("aleg", "bleg", "both"):
        if said.endswith(f" {one}"):
            said, whose = said.removesuffix(f" {one}"), one
    name, found, data = said.partition("::")
    wanted = (name, data) if found else ("playback", said)
    for leg in (channel if whose != "bleg" else None, channel.peer if whose != "aleg" else None):
        if leg is not None:
            leg.queue.append(wanted)
    return "+OK Message sent\n"


@command("uuid_park")
def _park(exchange: Exchange, argument: str) -> str:
    channel, _ = find(exchange, argument)
    if channel is None:
        return NO_CHANNEL
    channel.state = "CS_PARK"
    return OK


@command("uuid_bridge")
def _bridge(exchange: Exchange, argument: str) -> str:
    words = argument.split()
    legs = [exchange.channels.get(word) for word in words[:2]]
    if len(words) != 2 or any(leg is None or not leg.up for leg in legs):
        return "-ERR Invalid uuid\n"
    one, other = (leg for leg in legs if leg is not None)
    join(exchange, one, other)
    return f"+OK {other.uuid}\n"


@command("uuid_exists")
def _exists(exchange: Exchange, argument: str) -> str:
    return "true" if argument.strip() in exchange.channels else "false"


@command("uuid_getvar")
def _getvar(exchange: Exchange, argument: str) -> str:
    leg, *rest = argument.split() or [""]
    channel = exchange.channels.get(leg)
    if channel is None:
        return NO_CHANNEL
    return channel.variables.get(rest[0], "_undef_") if rest else "-USAGE: <uuid> <var>\n"


@command("uuid_setvar")
def _setvar(exchange: Exchange, argument: str) -> str:
    channel, rest = find(exchange, argument)
    if channel is None:
        return NO_CHANNEL
    if not rest:
        return "-USAGE: <uuid> <var> [value]\n"
    if len(rest) == 1:
        channel.variables.pop(rest[0], None)
    else:
        channel.variables[rest[0]] = argument.split(None, 2)[2]
    return OK


@command("uuid_answer")
def _answer(exchange: Exchange, argument: str) -> str:
    channel, _ = find(exchange, argument)
    if channel is None:
        return NO_CHANNEL
    if channel.phone is not None and channel.outbound and not channel.answered:
        exchange.start(channel.phone.lift(channel))
    return OK


@command("uuid_phone_event")
def _phone_event(exchange: Exchange, argument: str) -> str:
    """Press a key of the leg's phone: `talk` lifts it, or takes the other back; `hold` holds."""
    channel, rest = find(exchange, argument)
    if channel is None:
        return "-ERR Operation failed\n"
    what = rest[0] if rest else "talk"
    if what == "hold":
        hold(exchange, channel)
    elif channel.held:
        unhold(exchange, channel)
    elif channel.phone is not None and channel.outbound and not channel.answered:
        exchange.start(channel.phone.lift(channel))
    return "+OK Success\n"


@command("xml_flush_cache")
def _flush(exchange: Exchange, argument: str) -> str:
    return "+OK cleared 0 entries\n"  # it asks each time


@command("sofia")
def _sofia(exchange: Exchange, argument: str) -> str:
    if argument.split()[:1] != ["status"]:
        return "-ERR Unknown command!\n"
    line = "=" * 97
    head = "                     Name\t   Type\t                                      Data\tState"
    profiles = [
        f"                 {name}\tprofile\t              sip:mod_sofia@127.0.0.1:{port}\tRUNNING (0)"
        for name, port in (("internal", 5060), ("external", 5080))
    ]
    return "\n".join([head, line, *profiles, line, "2 profiles 0 aliases\n"])


def rows(exchange: Exchange) -> dict[str, dict[str, str]]:
    """Return what `show channels` tells of each leg."""
    untold = ("CS_NONE", "CS_NEW")  # what is not created yet may never be
    return {leg: _row(channel) for leg, channel in exchange.channels.items() if channel.running not in untold}


def _row(channel: Channel) -> dict[str, str]:
    profile = channel.profile
    return {
        "uuid": channel.uuid,
        "direction": profile.direction,
        "created": stamp(channel.times.created),
        "created_epoch": str(channel.times.created // 1_000_000),
        "name": channel.name,
        "state": channel.running,
        "cid_name": profile.caller_name,
        "cid_num": profile.caller_number,
        "ip_addr": profile.network,
        "dest": profile.destination,
        "application": channel.doing[0],
        "application_data": channel.doing[1],
        "dialplan": profile.dialplan,
        "context": profile.context,
        "presence_id": channel.presence,
        "callstate": channel.call_state,
        "callee_name": profile.callee_name,
        "callee_num": profile.callee_number,
        "call_uuid": channel.call_uuid,
        "hostname": "emulated",
    }


def registrations(exchange: Exchange) -> str:
    """Return what `show registrations as json` tells."""
    found = [
        {
            "reg_user": phone.user,
            "realm": phone.domain,
            "token": phone.call_id,
            "url": f"sofia/internal/sip:{phone.user}@127.0.0.1:{phone.port}",
            "expires": str(phone.registered_until // 1_000_000),
            "network_ip": "127.0.0.1",
            "network_port": str(phone.port),
            "network_proto": "udp",
            "hostname": "emulated",
            "metadata": "",
        }
        for phone in exchange.phones.values()
        if phone.registered
    ]
    return json.dumps({"row_count": len(found), "rows": found} if found else {"row_count": 0}) + "\n"
