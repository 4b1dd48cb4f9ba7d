"""A registry in an LDIF file: the embedded default, of the same schema as the directory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from core.durable import replace
from core.registry import ldif
from core.registry.errors import RegistryAbsent, RegistryAway, RegistryRefused
from core.registry.reader import normal
from core.registry.source import Entries


class FileSource:
    """Reads the file again when it is another one, or has another size or time."""

    def __init__(self, path: Path, awaited: bool = False) -> None:
        """``awaited``: nobody named the file, it may come into being at any time; until then there is no registry."""
        self.path, self._awaited = path, awaited
        self.name = str(path)
        self._seen: tuple[int, int, int] | None = None

    def read(self) -> Entries:
        """Read the file; raise `RegistryAway` when there is none (`RegistryAbsent` when there never was one that
        anybody named), `LdifError` when it is none."""
        try:
            state = self.path.stat()
            entries = ldif.read_file(self.path)
        except FileNotFoundError as error:
            if self._awaited and self._seen is None:
                raise RegistryAbsent(
                    f"There is no registry: name a directory as ldap_uri, or put one into {self.path} with "
                    "`harmony registry import FILE`."
                ) from None
            raise RegistryAway(f"The registry {self.path} cannot be read: {error.strerror}.") from None
        except OSError as error:
            raise RegistryAway(f"The registry {self.path} cannot be read: {error.strerror}.") from None
        found = {normal(entry.dn): entry for entry in entries}
        self._seen = (state.st_ino, state.st_size, state.st_mtime_ns)
        return found

    def changed(self) -> Entries | None:
        """Read it when it is not the file that was read."""
        try:
            state = self.path.stat()
        except OSError as error:
            raise RegistryAway(f"The registry {self.path} cannot be read: {error.strerror}.") from None
        if (state.st_ino, state.st_size, state.st_mtime_ns) == self._seen:
            return None
        return self.read()

    def modify(self, dn: str, attribute: str, values: Sequence[str]) -> None:
        """Write the file anew with the change, or not at all. Comments do not survive."""
        entries = dict(self.read())
        entry = entries.get(normal(dn))
        if entry is None:
            raise RegistryRefused(f"The registry {self.path} has no entry {dn}: read it again.")
        attributes = {name: kept for name, kept in entry.attributes.items() if name != attribute.lower()}
        if values:
            attributes[attribute.lower()] = list(values)
        entries[normal(dn)] = ldif.RawEntry(entry.dn, attributes)
        write(self.path, list(entries.values()))

    def close(self) -> None:
        """Nothing is held open."""


def write(path: Path, entries: Sequence[ldif.RawEntry]) -> None:
    """Put entries into a file that its owner alone can read: whole, or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace(path, ldif.write(entries).encode())
    except OSError as error:
        raise RegistryRefused(f"The registry {path} cannot be written: {error.strerror}.") from None
