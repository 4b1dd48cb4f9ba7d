"""Conference rooms: who is in, who may speak, who is thrown out (mod_conference)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from bridge.emulator.exchange.applications import LONGEST
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.commands import command
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.executing import APPLICATIONS
from bridge.emulator.exchange.headers import Header
from bridge.emulator.exchange.session import hang_up
from bridge.emulator.exchange.threads import TICK, Thread

SUBCLASS: Final = "conference::maintenance"


@dataclass(slots=True, eq=False)
class Member:
    """Who is in a room."""

    number: int
    channel: Channel
    speaks: bool = True
    talks: bool = False
    kicked: bool = False


@dataclass(slots=True, eq=False)
class Room:
    """One room while somebody is in it."""

    name: str
    uuid: str
    members: list[Member] = field(default_factory=list)
    floor: Member | None = None
    entered: int = 0
    told: int = 0

    @property
    def domain(self) -> str:
        """The company's, behind the room's number."""
        return self.name.partition("-")[2]


class Rooms:
    """The rooms of a switch, by name."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}

    @classmethod
    def of(cls, exchange: Exchange) -> Rooms:
        """Return the rooms of a switch."""
        rooms: Rooms = exchange.parts.setdefault(cls, cls())
        return rooms


def _conference(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    name, rooms, home = data.split("@")[0].split("+")[0], Rooms.of(exchange), channel.state
    room = rooms.rooms.get(name)
    if room is None:
        room = rooms.rooms[name] = Room(name, exchange.new_uuid())
        exchange.fire("CUSTOM", [*_about(room), ("Action", "conference-create")], SUBCLASS)
    yield exchange.threads.after(TICK)
    if channel.state != home:
        _empty(exchange, rooms, room)
        return
    room.entered += 1
    member = Member(room.entered, channel)
    room.members.append(member)
    channel.variables |= {
        "conference_name": name,
        "conference_uuid": room.uuid,
        "conference_member_id": str(member.number),
    }
    _tell(exchange, room, member, "add-member")
    _watched(exchange, room)
    if room.floor is None:
        _floor(exchange, room, member)
    yield exchange.threads.within(60_000, lambda: channel.state != home or member.kicked)
    if channel.state == home and not member.kicked:
        member.talks = True
        _tell(exchange, room, member, "start-talking")
        yield exchange.threads.within(LONGEST * 6, lambda: channel.state != home or member.kicked)
    room.members.remove(member)
    held = room.floor is member
    if held:
        _floor(exchange, room, None)
    _watched(exchange, room)
    _tell(exchange, room, member, "del-member")
    if held and room.members:
        exchange.start(_next_floor(exchange, room))
    _empty(exchange, rooms, room)
    if channel.state == home and member.kicked:
        channel.actions = []


def _next_floor(exchange: Exchange, room: Room) -> Thread[None]:
    yield exchange.threads.after(TICK)
    if room.floor is None and room.members:
        _floor(exchange, room, room.members[0])


def _floor(exchange: Exchange, room: Room, member: Member | None) -> None:
    room.floor = member
    about = [*_about(room), ("Action", "floor-change"), ("Old-ID", "none")]
    if member is None:
        exchange.fire("CUSTOM", [*about, ("New-ID", "none")], SUBCLASS)
        return
    told = [*_member(room, member), ("New-ID", str(member.number))]
    exchange.emit(member.channel, "CUSTOM", told, first=[*about, ("Floor", "true")], subclass=SUBCLASS)


def _empty(exchange: Exchange, rooms: Rooms, room: Room) -> None:
    if not room.members and rooms.rooms.get(room.name) is room:
        del rooms.rooms[room.name]
        _watched(exchange, room)
        exchange.fire("CUSTOM", [*_about(room), ("Action", "conference-destroy")], SUBCLASS)


def _about(room: Room) -> list[Header]:
    return [
        ("Conference-Name", room.name),
        ("Conference-Domain", room.domain),
        ("Conference-Size", str(len(room.members))),
        ("Conference-Ghosts", "0"),
        ("Conference-Profile-Name", "default"),
        ("Conference-Unique-ID", room.uuid),
    ]


def _tell(exchange: Exchange, room: Room, member: Member, action: str) -> None:
    first = [*_about(room), ("Floor", "true" if room.floor is member else "false")]
    told = [*_member(room, member), ("Action", action)]
    exchange.emit(member.channel, "CUSTOM", told, first=first, subclass=SUBCLASS)


def _member(room: Room, member: Member) -> list[Header]:
    return [
        ("Video", "false"),
        ("Hear", "true"),
        ("See", "true"),
        ("Speak", "true" if member.speaks else "false"),
        ("Talking", "true" if member.talks and member.speaks else "false"),
        ("Mute-Detect", "false"),
        ("Hold", "false"),
        ("Member-ID", str(member.number)),
        ("Member-Type", "member"),
        ("Member-Ghost", "false"),
        ("Energy-Level", "100"),
        ("Current-Energy", "3813" if member.talks else "0"),
    ]


def _watched(exchange: Exchange, room: Room) -> None:
    size = len(room.members)
    status = f"Active ({size} caller{'s' if size != 1 else ''})" if size else "Inactive"
    told = [
        ("proto", "conf"),
        ("login", room.name),
        ("from", f"{room.name}@{room.domain}"),
        ("event_type", "presence"),
        ("alt_event_type", "dialog"),
        ("event_count", str(room.told)),
        ("unique-id", room.name),
        ("force-status", status),
        ("channel-state", "CS_ROUTING" if size else "CS_HANGUP"),
        ("answer-state", "early" if size == 1 else "confirmed" if size else "terminated"),
        ("presence-call-direction" if size else "call-direction", "outbound" if size == 1 else "inbound"),
    ]
    room.told += 1
    exchange.fire("PRESENCE_IN", told)


@command("conference")
def _command(exchange: Exchange, argument: str) -> str:
    name, what, whom = [*argument.split(), "", "", ""][:3]
    room = Rooms.of(exchange).rooms.get(name)
    if name == "list" or (room is None and not what):
        rooms = Rooms.of(exchange).rooms.values()
        return (
            "".join(f"+OK Conference {one.name} ({len(one.members)} members)\n" for one in rooms)
            or "+OK No active conferences.\n"
        )
    if room is None:
        return f"-ERR Conference {name} not found\n"
    act = _ACTS.get(what)
    if act is None:
        return f"-ERR Conference command '{what}' not found.\n"
    found = [one for one in room.members if _is(one, whom)]
    if not found:
        return f"-ERR Non-Existant ID {whom}\n" if whom.isdigit() else "-ERR No such member\n"
    return "".join(act(exchange, room, one) for one in found)


def _is(member: Member, whom: str) -> bool:
    return whom in ("all", str(member.number)) or whom == f"uuid={member.channel.uuid}"


def _mute(exchange: Exchange, room: Room, member: Member) -> str:
    member.speaks = member.talks = False
    _tell(exchange, room, member, "mute-member")
    return f"+OK mute {member.number}\n"


def _unmute(exchange: Exchange, room: Room, member: Member) -> str:
    member.speaks = True
    _tell(exchange, room, member, "unmute-member")
    exchange.start(_talks(exchange, room, member))
    return f"+OK unmute {member.number}\n"


def _talks(exchange: Exchange, room: Room, member: Member) -> Thread[None]:
    yield exchange.threads.after(2 * TICK)
    if member in room.members and member.speaks and not member.talks:
        member.talks = True
        _tell(exchange, room, member, "start-talking")


def _kick(exchange: Exchange, room: Room, member: Member) -> str:
    _tell(exchange, room, member, "kick-member")
    member.kicked = True
    return f"+OK kicked {member.number}\n"


def _hup(exchange: Exchange, room: Room, member: Member) -> str:
    hang_up(exchange, member.channel, "NORMAL_CLEARING")
    return f"+OK hup {member.number}\n"


_ACTS: Final[dict[str, Callable[[Exchange, Room, Member], str]]] = {
    "mute": _mute,
    "unmute": _unmute,
    "kick": _kick,
    "hup": _hup,
}
APPLICATIONS["conference"] = _conference
