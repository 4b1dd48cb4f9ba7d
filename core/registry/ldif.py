"""LDIF, as far as content goes (RFC 2849): text to entries and back. Change records and URLs are refused."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from core.registry.errors import RegistryError


class LdifError(RegistryError):
    """A text that is no LDIF of entries."""

    code = "registry.ldif"


class RawEntry(msgspec.Struct, frozen=True):
    """One entry as the directory has it: attribute names in lower case, values as text."""

    dn: str
    attributes: dict[str, list[str]]

    def first(self, name: str) -> str | None:
        """Return the (first) value of an attribute."""
        values = self.attributes.get(name)
        return values[0] if values else None


def read(text: str, source: str = "the LDIF") -> list[RawEntry]:
    """Return the entries of an LDIF in order; raise `LdifError` with the line."""
    entries: list[RawEntry] = []
    dn: str | None = None
    attributes: dict[str, list[str]] = {}
    for number, line in [*_unfolded(text), (0, "")]:
        if not line:
            if dn is not None:
                entries.append(RawEntry(dn, attributes))
            dn, attributes = None, {}
            continue
        name, value = _line(line, number, source)
        if name == "version" and dn is None and not entries:
            continue
        if name == "dn" and dn is None:
            dn = value
        elif dn is None:
            raise LdifError(f"{source}, line {number}: an entry begins with `dn:`, not with {name!r}.")
        elif name == "changetype":
            raise LdifError(f"{source}, line {number}: this is a change, not an entry: give it to ldapmodify.")
        else:
            attributes.setdefault(name, []).append(value)
    return entries


def read_file(path: Path) -> list[RawEntry]:
    """Return the entries of a file; raise `LdifError`, and `OSError` where it cannot be read at all."""
    try:
        return read(path.read_text(encoding="utf-8"), str(path))
    except UnicodeDecodeError:
        raise LdifError(f"{path} is no LDIF: it is not text in UTF-8. rel/ldap/example.ldif shows what is.") from None


def write(entries: Iterable[RawEntry]) -> str:
    """Return the LDIF of entries, in order."""
    blocks = []
    for entry in entries:
        lines = [_written("dn", entry.dn)]
        lines += [_written(name, value) for name, values in entry.attributes.items() for value in values]
        blocks.append("\n".join(lines) + "\n")
    return "\n".join(blocks)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Lines with those that go on joined, comments left out; with the number of the line that each begins on."""
    joined: list[tuple[int, str]] = []
    comment = False
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        if line.startswith(" ") and (joined or comment):
            if not comment:
                start, before = joined[-1]
                joined[-1] = (start, before + line[1:])
            continue
        comment = line.startswith("#")
        if not comment:
            joined.append((number, line))
    yield from joined


def _line(line: str, number: int, source: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon or not name or name != name.strip():
        raise LdifError(f"{source}, line {number}: expected `attribute: value`.")  # the text may be a secret
    if value.startswith("<"):
        raise LdifError(f"{source}, line {number}: values by URL are not read: put the value itself there.")
    if not value.startswith(":"):
        return name.lower(), value.strip(" ")
    try:
        return name.lower(), base64.b64decode(value[1:].strip(), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        raise LdifError(f"{source}, line {number}: the value of {name} is no base64 of UTF-8 text.") from None


def _written(name: str, value: str) -> str:
    plain = value.isascii() and value.isprintable() and value == value.strip() and value[:1] not in (":", "<")
    return f"{name}: {value}" if plain else f"{name}:: {base64.b64encode(value.encode()).decode()}"
