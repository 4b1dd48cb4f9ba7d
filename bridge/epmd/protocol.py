"""The messages of epmd, the port mapper of Erlang nodes (OTP `erl_dist_protocol`): bytes to values and back. No I/O."""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from core.numbers import number

NORMAL_NODE: Final = 77
HIDDEN_NODE: Final = 72
ALIVE2_REQ, ALIVE2_RESP, ALIVE2_X_RESP = 120, 121, 118
PORT2_REQ, PORT2_RESP = 122, 119
NAMES_REQ: Final = 110
# The longest request is a registration with a name of 255 bytes and some extra ones.
LONGEST: Final = 2_048
VERSIONS: Final = (6, 5)

_alive = struct.Struct(">BHBBHHH")
_port = struct.Struct(">HBBHHH")


class Registered(msgspec.Struct, frozen=True):
    """A node as epmd knows it."""

    name: str
    port: int
    node_type: int = HIDDEN_NODE
    highest: int = 6
    lowest: int = 5
    extra: bytes = b""


class EpmdMalformed(Exception):
    """Bytes that are no message of epmd; the caller knows where they came from and says so."""


def _framed(body: bytes) -> bytes:
    return len(body).to_bytes(2, "big") + body


def build_alive(node: Registered) -> bytes:
    raw = node.name.encode()
    head = _alive.pack(ALIVE2_REQ, node.port, node.node_type, 0, node.highest, node.lowest, len(raw))
    return _framed(head + raw + len(node.extra).to_bytes(2, "big") + node.extra)


def build_port_please(name: str) -> bytes:
    return _framed(bytes((PORT2_REQ,)) + name.encode())


def build_names() -> bytes:
    return _framed(bytes((NAMES_REQ,)))


def parse_alive(body: bytes) -> Registered:
    """The registration in a request (without its length)."""
    try:
        _, port, node_type, _, highest, lowest, size = _alive.unpack_from(body)
        name = body[_alive.size : _alive.size + size]
        rest = body[_alive.size + size :]
        extra = rest[2 : 2 + int.from_bytes(rest[:2], "big")]
        if len(name) != size or not 0 < size <= 255 or not port:
            raise EpmdMalformed
        return Registered(_text(name), port, node_type, highest, lowest, extra)
    except struct.error:
        raise EpmdMalformed from None


def build_alive_reply(taken: bool, creation: int) -> bytes:
    return struct.pack(">BBI", ALIVE2_X_RESP, 1 if taken else 0, creation)


def build_port_reply(node: Registered | None) -> bytes:
    if node is None:
        return bytes((PORT2_RESP, 1))
    raw = node.name.encode()
    head = _port.pack(node.port, node.node_type, 0, node.highest, node.lowest, len(raw))
    return bytes((PORT2_RESP, 0)) + head + raw + len(node.extra).to_bytes(2, "big") + node.extra


def parse_port_reply(body: bytes) -> Registered | None:
    """The node that was asked for, or None: epmd does not know it."""
    if body[:1] != bytes((PORT2_RESP,)) or len(body) < 2:
        raise EpmdMalformed
    if body[1]:
        return None
    try:
        port, node_type, _, highest, lowest, size = _port.unpack_from(body, 2)
    except struct.error:
        raise EpmdMalformed from None
    return Registered(_text(body[12 : 12 + size]), port, node_type, highest, lowest)


def build_names_reply(epmd_port: int, nodes: list[Registered]) -> bytes:
    lines = "".join(f"name {node.name} at port {node.port}\n" for node in nodes)
    return epmd_port.to_bytes(4, "big") + lines.encode()


def parse_names_reply(body: bytes) -> list[tuple[str, int]]:
    """Names and ports; lines that say something else are skipped."""
    if len(body) < 4:
        raise EpmdMalformed
    found = []
    for line in body[4:].decode("utf-8", "replace").splitlines():
        match line.split():
            case ["name", name, "at", "port", digits] if (port := number(digits, 65_535)) is not None:
                found.append((name, port))
    return found


def _text(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
