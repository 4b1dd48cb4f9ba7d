"""The texts that an emulated switch answers to `api` and `bgapi`: enough for Harmony's own questions, and some more."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

from core.headers import header, text

_SETTINGS: Final = {
    "erlang_event.conf": '<configuration name="erlang_event.conf"><settings><param name="max-event-bulk" value="100"/>'
    '<param name="encoding" value="{encoding}"/></settings></configuration>',
    "sofia.conf": '<configuration name="sofia.conf"><profiles><profile name="internal"><settings>'
    '<param name="fire-transfer-events" value="true"/></settings></profile></profiles></configuration>',
}
# What would change a call, and cannot: to say OK would be a lie.
_ACTS: Final = frozenset(
    {"originate", "conference", "uuid_setvar", "uuid_transfer", "uuid_bridge", "uuid_broadcast", "uuid_hold"}
    | {"uuid_park", "uuid_record", "uuid_send_dtmf"}
)


_COLUMNS: Final = {
    "direction": b"Call-Direction",
    "state": b"Channel-State",
    "callstate": b"Channel-Call-State",
    "name": b"Channel-Name",
    "cid_name": b"Caller-Caller-ID-Name",
    "cid_num": b"Caller-Caller-ID-Number",
    "dest": b"Caller-Destination-Number",
    "context": b"Caller-Context",
}


def channel_row(uuid: str, term: bytes) -> dict[str, str]:
    """Return a channel's row, from its CHANNEL_CREATE."""
    row = {column: text(header(term, name) or b"") for column, name in _COLUMNS.items()}
    created = text(header(term, b"Caller-Channel-Created-Time") or b"0")
    return {"uuid": uuid, "created_epoch": created[:-6] or "0", **row}


def show_channels(channels: Mapping[str, Mapping[str, str]]) -> str:
    """Return ``show channels as json``: a core without channels leaves the rows out."""
    rows = list(channels.values())
    return json.dumps({"row_count": len(rows), "rows": rows} if rows else {"row_count": 0}) + "\n"


def status(seconds: int, sessions: int, channels: int) -> str:
    """Return what `status` says."""
    minutes, hours = seconds // 60 % 60, seconds // 3600
    return (
        f"UP 0 years, 0 days, {hours} hours, {minutes} minutes, {seconds % 60} seconds, 0 milliseconds\n"
        f"FreeSWITCH (Version 1.11.3-emulated) is ready\n{sessions} session(s) since startup\n"
        f"{channels} session(s) - peak {channels}, last 5min {channels} \n1000 session(s) max\n"
    )


def configuration(argument: str, encoding: str) -> str:
    """Return what ``xml_locate configuration configuration name X`` gives."""
    name = argument.rpartition(" ")[2]
    return _SETTINGS.get(name, "can't find anything\n").replace("{encoding}", encoding)


def simple(command: str, argument: str) -> str | None:
    """Return the answer to a command that needs to know nothing; None when there is no such command."""
    match command:
        case "version":
            return "1.11.3-emulated\n" if argument == "short" else "FreeSWITCH Version 1.11.3-emulated\n"
        case "hostname":
            return "emulated"
        case "echo":
            return argument
        case _ if command in _ACTS:
            return "-ERR This switch is emulated: it plays recordings, which can only be hung up\n"
        case _:
            return None
