"""Where the registry comes from, as its follower sees it: read it, learn whether it changed, change one attribute.

Two sources stand behind this: an LDIF file and an LDAP server. Both give entries under a key that survives changes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from core.registry.ldif import RawEntry

Entries = Mapping[str, RawEntry]
"""entries by a key of the source's own (entryUUID, or the DN)"""


class Source(Protocol):
    """A source of entries. Methods raise `RegistryAway` when it cannot be reached; one thread uses it at a time."""

    name: str
    """for people: the file's path, or the server's address and base"""

    def read(self) -> Entries:
        """Read everything, and remember how far that is."""
        ...

    def changed(self) -> Entries | None:
        """Return everything as it is now when something changed since the last look, None when nothing did."""
        ...

    def modify(self, dn: str, attribute: str, values: Sequence[str]) -> None:
        """Replace an attribute's values (none: remove it); raises `RegistryRefused` when the source will not."""
        ...

    def close(self) -> None:
        """Let go of connections; the next call makes new ones."""
        ...
