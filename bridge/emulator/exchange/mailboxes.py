"""Mailboxes: who left what for whom, and what `vm_list`, `vm_read`, `vm_delete` say and do (mod_voicemail.c)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bridge.emulator.exchange.commands import OK, command
from bridge.emulator.exchange.exchange import Exchange

SECOND: Final = 1_000_000
_NO_BOX: Final = "-ERR can't find user or profile.\n"


@dataclass(slots=True, eq=False)
class Message:
    """One message."""

    uuid: str
    path: str
    name: str
    number: str
    created: int
    """µs"""
    seconds: int
    read: int = 0
    """µs, 0: not heard"""


@dataclass(slots=True, eq=False)
class Mailboxes:
    """The boxes of a switch, by user@domain."""

    boxes: dict[str, list[Message]] = field(default_factory=dict)

    @classmethod
    def of(cls, exchange: Exchange) -> Mailboxes:
        """Return the mailboxes of a switch."""
        found: Mailboxes = exchange.parts.setdefault(cls, cls())
        return found

    def leave(self, box: str, message: Message) -> None:
        """Put a message into a box, which keeps the newest of them."""
        self.boxes[box] = [*self.boxes.get(box, ()), message][-20:]


@command("vm_list")
def _list(exchange: Exchange, argument: str) -> str:
    box, user, domain = _box(argument)
    if not domain:
        return _NO_BOX
    return "".join(
        f"{one.created // SECOND}:{one.read // SECOND}:{user}:{domain}:inbox:{one.path}:{one.uuid}:{one.name}:"
        f"{one.number}:{one.seconds}\n"
        for one in Mailboxes.of(exchange).boxes.get(box, ())
    )


@command("vm_read")
def _read(exchange: Exchange, argument: str) -> str:
    words = argument.split()
    if len(words) < 2 or words[1] not in ("read", "unread") or "@" not in words[0]:
        return _NO_BOX
    for one in _every(exchange, words[2] if len(words) > 2 else None):
        one.read = exchange.now if words[1] == "read" else 0
    return OK


@command("vm_delete")
def _delete(exchange: Exchange, argument: str) -> str:
    words = argument.split()
    if not words or "@" not in words[0]:
        return _NO_BOX
    boxes = Mailboxes.of(exchange).boxes
    if len(words) == 1:
        boxes.pop(words[0], None)
        return OK
    for box, messages in boxes.items():  # by the message's id alone, as the switch does
        boxes[box] = [one for one in messages if one.uuid != words[1]]
    return OK


def _box(argument: str) -> tuple[str, str, str]:
    box = argument.split()[0].partition("/")[0] if argument.split() else ""
    user, _, domain = box.partition("@")
    return box, user, domain


def _every(exchange: Exchange, uuid: str | None) -> list[Message]:
    return [one for box in Mailboxes.of(exchange).boxes.values() for one in box if uuid in (None, one.uuid)]
