"""What every decision says, whatever it is about."""

from __future__ import annotations

from uuid import UUID, uuid5

import msgspec

_NAMESPACE = UUID("6d3c0f2e-5f1c-5e0a-9d6b-0c8d6f0b7a35")


class Decision(msgspec.Struct, frozen=True, kw_only=True, tag_field="kind"):
    """One event of a stream, in the library's words for its place there. Its tag is its stable name, never a path."""

    originator_id: UUID
    originator_version: int
    """counts the decisions on one thing, from 1"""
    tenant: str | None
    """the company whose decision it is; None: of no company"""
    by: str
    """the principal's name"""
    at: int
    """µs since the epoch, by the clock of who took it"""

    @property
    def topic(self) -> str:
        """The name of the kind, such as note.added."""
        return str(self.__struct_config__.tag)


def stream_of(tenant: str | None, kind: str, about: str) -> UUID:
    """The stream of decisions on one thing of one company. Of another company the same thing has another stream, so
    that what one decided can never be read as the other's."""
    return uuid5(_NAMESPACE, "\x1f".join((tenant or "", kind, about)))
