"""The switch's own list of its channels, as ``show channels as json`` writes it.

The list keeps ghosts: whether a channel on it still lives is another question (`uuid_exists`), asked elsewhere.
"""

from __future__ import annotations

import msgspec

from bridge.errors import BridgeError
from core.numbers import SESSIONS, number


class ForeignList(BridgeError):
    """The switch answered with something that is no list of channels."""

    code = "switch-list"


class Channel(msgspec.Struct, frozen=True):
    """One row: what tells a leg whose begin was missed."""

    uuid: str
    created_epoch: str = ""
    direction: str = ""
    state: str = ""
    callstate: str = ""
    name: str = ""
    cid_name: str = ""
    cid_num: str = ""
    dest: str = ""
    context: str = ""


class _Listing(msgspec.Struct):
    row_count: int = 0
    rows: list[Channel] = []


_decode = msgspec.json.Decoder(_Listing, strict=False).decode


def parse_channels(answer: str) -> list[Channel]:
    """Return the rows; a core without channels leaves them out, or says ``0 total.`` in plain text."""
    text = answer.strip()
    if text in {"", "0 total."}:
        return []
    try:
        return _decode(text.encode("utf-8", "surrogateescape")).rows
    except msgspec.DecodeError as error:
        raise ForeignList(
            f"The answer to `show channels as json` is no such list ({error}); run it in fs_cli and see what is there."
        ) from None


def sessions_since_startup(status: str) -> int | None:
    """Return the number of sessions that `status` tells of, None when it does not."""
    for line in status.splitlines():
        words = line.split()
        if len(words) >= 4 and words[1:4] == ["session(s)", "since", "startup"]:
            return number(words[0], SESSIONS)
    return None
