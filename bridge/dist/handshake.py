"""The messages of the distribution handshake, versions 5 and 6 (OTP `erl_dist_protocol`): bytes to values and back.

Lengths in front and the order of the messages are the connection's business. Bytes behind a message are ignored, as the
protocol demands.
"""

from __future__ import annotations

import enum
import hashlib
import hmac
import struct
from typing import Final

import msgspec

from bridge.errors import RemoteProtocolError

# Tags, two challenges of eight and a name of at most 255 bytes: nothing in a handshake comes near this, so whoever
# announces more is no Erlang node. It also bounds what we buffer for a peer that has not shown the cookie yet.
LONGEST: Final = 1_024

_old_name = struct.Struct(">cHI")
_new_name = struct.Struct(">cQIH")
_old_challenge = struct.Struct(">cHII")
_new_challenge = struct.Struct(">cQIIH")
_complement = struct.Struct(">cII")
_reply = struct.Struct(">cI16s")
_ack = struct.Struct(">c16s")


class Status(enum.StrEnum):
    """What the accepting side says to the name, and the initiator's two answers to `alive`."""

    OK = "ok"
    OK_SIMULTANEOUS = "ok_simultaneous"
    NOK = "nok"
    NOT_ALLOWED = "not_allowed"
    ALIVE = "alive"
    TRUE = "true"
    FALSE = "false"


class Name(msgspec.Struct, frozen=True):
    """The initiator presents itself. `creation` is None in version 5: it comes with the complement, or not at all."""

    name: str
    flags: int
    creation: int | None


class Challenge(msgspec.Struct, frozen=True):
    """The acceptor presents itself and asks for proof of the cookie."""

    name: str
    flags: int
    challenge: int
    creation: int | None


class Complement(msgspec.Struct, frozen=True):
    """What did not fit in a name of version 5."""

    flags_high: int
    creation: int


class Reply(msgspec.Struct, frozen=True):
    """Proof of the cookie, and the initiator's own question."""

    challenge: int
    digest: bytes


def digest(cookie: bytes, challenge: int) -> bytes:
    """Proof of the cookie: MD5 is what the protocol asks for."""
    return hashlib.md5(cookie + str(challenge).encode(), usedforsecurity=False).digest()


def same_digest(ours: bytes, theirs: bytes) -> bool:
    """Compared in constant time, so that nobody learns the cookie's digest byte by byte."""
    return hmac.compare_digest(ours, theirs)


def build_name(name: str, flags: int, creation: int, *, version: int) -> bytes:
    raw = name.encode()
    if version < 6:
        return _old_name.pack(b"n", 5, flags & 0xFFFFFFFF) + raw
    return _new_name.pack(b"N", flags, creation, len(raw)) + raw


def build_status(status: Status) -> bytes:
    return b"s" + status.encode()


def build_challenge(name: str, flags: int, challenge: int, creation: int, *, old: bool) -> bytes:
    raw = name.encode()
    if old:
        return _old_challenge.pack(b"n", 5, flags & 0xFFFFFFFF, challenge) + raw
    return _new_challenge.pack(b"N", flags, challenge, creation, len(raw)) + raw


def build_complement(flags: int, creation: int) -> bytes:
    return _complement.pack(b"c", flags >> 32, creation)


def build_reply(challenge: int, proof: bytes) -> bytes:
    return _reply.pack(b"r", challenge, proof)


def build_ack(proof: bytes) -> bytes:
    return _ack.pack(b"a", proof)


def foreign(what: str) -> RemoteProtocolError:
    """The error for bytes that no Erlang node sends in a handshake."""
    return RemoteProtocolError(
        f"{what}: this is not the Erlang distribution protocol",
        code="foreign-peer",
        hint="Something else listens on that port, or one side uses TLS and the other does not: check host and port.",
    )


def parse_name(data: bytes) -> Name:
    try:
        if data[:1] == b"N":
            _, flags, creation, size = _new_name.unpack_from(data)
            return Name(_node_name(data[15 : 15 + size], size), flags, creation)
        if data[:1] == b"n":
            _, _, flags = _old_name.unpack_from(data)
            return Name(_node_name(data[7:], None), flags, None)
    except struct.error:
        pass
    raise foreign(f"The peer began with {data[:16]!r}")


def parse_status(data: bytes) -> Status | str:
    """A known status, or the text of another one (`named:...`)."""
    if data[:1] != b"s":
        raise foreign(f"A status was due, and {data[:16]!r} came")
    text = data[1:].decode("latin-1")
    try:
        return Status(text)
    except ValueError:
        return text


def parse_challenge(data: bytes) -> Challenge:
    try:
        if data[:1] == b"N":
            _, flags, challenge, creation, size = _new_challenge.unpack_from(data)
            return Challenge(_node_name(data[19 : 19 + size], size), flags, challenge, creation)
        if data[:1] == b"n":
            _, _, flags, challenge = _old_challenge.unpack_from(data)
            return Challenge(_node_name(data[11:], None), flags, challenge, None)
    except struct.error:
        pass
    raise foreign(f"A challenge was due, and {data[:16]!r} came")


def parse_complement(data: bytes) -> Complement:
    if data[:1] != b"c" or len(data) < _complement.size:
        raise foreign(f"The rest of the flags was due, and {data[:16]!r} came")
    _, high, creation = _complement.unpack_from(data)
    return Complement(high, creation)


def parse_reply(data: bytes) -> Reply:
    if data[:1] != b"r" or len(data) < _reply.size:
        raise foreign(f"The answer to our challenge was due, and {data[:16]!r} came")
    _, challenge, proof = _reply.unpack_from(data)
    return Reply(challenge, proof)


def parse_ack(data: bytes) -> bytes:
    if data[:1] != b"a" or len(data) < _ack.size:
        raise foreign(f"The peer's proof of the cookie was due, and {data[:16]!r} came")
    proof: bytes = _ack.unpack_from(data)[1]
    return proof


def _node_name(raw: bytes, size: int | None) -> str:
    if size is not None and len(raw) != size:
        raise foreign("A node name is cut off")
    try:
        name = raw.decode()
    except UnicodeDecodeError:
        name = raw.decode("latin-1")
    alive, at, host = name.partition("@")
    # An empty name is a node that wants to be given one (`erl -sname undefined`); the connection turns it away.
    if (name and not (alive and at and host)) or len(name) > 255 or not name.isprintable():
        raise foreign(f"{name[:80]!r} is no node name")
    return name
