"""What `vm_list` tells of a mailbox, line by line. Pure.

Source: FreeSWITCH mod_voicemail.c, `api_list_callback`: values with colons between, of which a name and a path may have
some of their own. Lines of another box are left out.
"""

import re

import msgspec

_LINE = re.compile(
    r"(?P<created>\d+):(?P<read>\d+):(?P<user>[^:]*):(?P<domain>[^:]*):(?P<folder>[^:]*):(?P<path>.*?):"
    r"(?P<uuid>[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}):(?P<name>.*):(?P<number>[^:]*):(?P<seconds>\d+)"
)


class Message(msgspec.Struct, frozen=True):
    """One message of a box."""

    message: str
    """the switch's id of it"""
    at: int
    """seconds since the epoch at which it was left"""
    read: bool
    name: str
    number: str
    seconds: int
    path: str


def listed(text: str, user: str, domain: str) -> list[Message]:
    """The messages of a box, the newest first; greetings and what was moved to other folders are among them."""
    found = []
    for line in text.splitlines():
        one = _LINE.fullmatch(line)
        if one is None or one["user"] != user or one["domain"].lower() != domain.lower():
            continue
        found.append(
            Message(
                one["uuid"], int(one["created"]), one["read"] != "0", one["name"], one["number"], int(one["seconds"]),
                one["path"],
            )
        )  # fmt: skip
    return sorted(found, key=lambda message: -message.at)
