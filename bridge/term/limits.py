"""How much one term may ask of us. A peer with the cookie is trusted with content, not with our memory."""

from __future__ import annotations

import msgspec


class Limits(msgspec.Struct, frozen=True):
    """Caps for one term; the defaults let every term of the captures and one of 64 MB through.

    depth: nesting, so that comparing or printing a decoded term cannot overflow Python's stack.
    size: bytes after decompression.
    elements: sum over all containers; an empty list is one byte on the wire and 56 in memory.
    atoms: atoms of one term that were never seen before; Erlang's own atom table dies of these.
    """

    depth: int = 200
    size: int = 128 * 1024 * 1024
    elements: int = 4_000_000
    atoms: int = 65_536


DEFAULT = Limits()
