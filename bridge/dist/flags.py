"""What two nodes tell each other they can do (OTP `kernel/include/dist.hrl`), and what we ask for."""

from __future__ import annotations

import enum
from typing import Final


class Flag(enum.IntFlag):
    """The distribution flags that matter here; unknown ones of a peer are kept as they come."""

    PUBLISHED = 0x1
    EXT_REFS = 0x4
    DIST_MONITOR = 0x8
    FUN_TAGS = 0x10
    DIST_MONITOR_NAME = 0x20
    NEW_FUN_TAGS = 0x80
    EXT_PIDS_PORTS = 0x100
    EXPORT_PTR = 0x200
    BIT_BINARIES = 0x400
    NEW_FLOATS = 0x800
    UTF8_ATOMS = 0x10000
    MAP_TAG = 0x20000
    BIG_CREATION = 0x40000
    HANDSHAKE_23 = 0x1000000
    UNLINK_ID = 0x2000000
    # Bit 26 on the wire and in dist.hrl; the document's 1 << 36 is wrong.
    MANDATORY_25_DIGEST = 0x4000000
    SPAWN = 1 << 32
    NAME_ME = 1 << 33
    V4_NC = 1 << 34


# Without PUBLISHED we are a hidden node. No FRAGMENTS: a BEAM that negotiated them refuses our pass-through frames. No
# atom cache and no ALIAS, so that every frame can be read by itself. SPAWN because we answer SPAWN_REQUEST.
OURS: Final = (
    Flag.EXT_REFS
    | Flag.DIST_MONITOR
    | Flag.FUN_TAGS
    | Flag.DIST_MONITOR_NAME
    | Flag.NEW_FUN_TAGS
    | Flag.EXT_PIDS_PORTS
    | Flag.EXPORT_PTR
    | Flag.BIT_BINARIES
    | Flag.NEW_FLOATS
    | Flag.UTF8_ATOMS
    | Flag.MAP_TAG
    | Flag.BIG_CREATION
    | Flag.HANDSHAKE_23
    | Flag.UNLINK_ID
    | Flag.MANDATORY_25_DIGEST
    | Flag.SPAWN
    | Flag.V4_NC
)

# What a peer must be able to read, or our first message would end it: long references, pids with all their bits, UTF-8
# atoms. OTP 22 and everything younger has them.
REQUIRED: Final = Flag.EXT_REFS | Flag.EXT_PIDS_PORTS | Flag.UTF8_ATOMS | Flag.BIG_CREATION | Flag.NEW_FLOATS


def effective(flags: int) -> Flag:
    """A peer's flags with those that one flag stands for: who sets MANDATORY_25_DIGEST may leave the old ones out."""
    found = Flag(flags)
    if found & Flag.MANDATORY_25_DIGEST:
        found |= (
            Flag.EXT_REFS
            | Flag.FUN_TAGS
            | Flag.EXT_PIDS_PORTS
            | Flag.NEW_FUN_TAGS
            | Flag.EXPORT_PTR
            | Flag.BIT_BINARIES
            | Flag.NEW_FLOATS
            | Flag.UTF8_ATOMS
            | Flag.MAP_TAG
            | Flag.BIG_CREATION
            | Flag.HANDSHAKE_23
        )
    return found


def names(flags: Flag) -> str:
    """The flags in words, for a sentence to the operator."""
    return ", ".join(flag.name or hex(flag) for flag in Flag if flag & flags) or "none"
