"""A registry in an LDAP directory (slapd): read whole, then followed by the directory's own change numbers.

slapd stamps every entry that changes with a new entryCSN, and with its overlay syncprov the suffix with a contextCSN
that also moves when an entry is deleted. So one small read tells whether anything happened; what changed is found by
entryCSN, what is gone by comparing entryUUIDs. Without the overlay the entryCSNs and UUIDs alone are looked at. Polling
holds no connection state in the server and needs none of its overlays: replication (RFC 4533) would need both.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, cast

import ldap3
import msgspec
from ldap3.core.exceptions import (
    LDAPEntryAlreadyExistsResult,
    LDAPException,
    LDAPInvalidCredentialsResult,
    LDAPOperationResult,
)

from core.registry.errors import RegistryAway, RegistryRefused
from core.registry.ldif import RawEntry
from core.registry.reader import CLASSES
from core.registry.source import Entries

PATIENCE = 5
"""seconds for a connection, and for an answer"""
PAGE = 500
_OURS = "(|" + "".join(f"(objectClass={name})" for name in sorted(CLASSES)) + ")"
_KEPT_BACK = {"userpassword", "entrycsn", "entryuuid"}


class Directory(msgspec.Struct, frozen=True):
    """How to reach the directory."""

    uri: str
    """ldaps://host, or ldap://host"""
    base: str
    bind_dn: str = ""
    password: str = ""
    ca: str | None = None
    """file of the certificates that the server's must come from; None: the system's"""
    start_tls: bool = False

    def server(self) -> ldap3.Server:
        """The server, with its certificate verified."""
        tls = ldap3.Tls(validate=ssl.CERT_REQUIRED, ca_certs_file=self.ca, version=ssl.PROTOCOL_TLS_CLIENT)
        return ldap3.Server(self.uri, tls=tls, connect_timeout=PATIENCE, get_info=ldap3.NONE)


def connect(directory: Directory, user: str, password: str) -> ldap3.Connection:
    """Return a bound connection; raises ldap3's errors."""
    connection = ldap3.Connection(
        directory.server(),
        user=user or None,
        password=password or None,
        receive_timeout=PATIENCE,
        raise_exceptions=True,
        check_names=False,
        auto_range=False,
    )
    try:
        connection.open()
        if directory.start_tls:
            connection.start_tls()
        connection.bind()
    except BaseException:
        _close(connection)
        raise
    return connection


def _close(connection: ldap3.Connection) -> None:
    """Close it; ldap3 leaves the sockets of connections that failed open."""
    with suppress(LDAPException, OSError):
        connection.unbind()
    if connection.socket is not None:
        connection.socket.close()


def accepts(directory: Directory, dn: str, password: str) -> bool:
    """Whether the directory lets this entry in with this password; raises `RegistryAway`.

    An empty password would be an anonymous bind (RFC 4513, 5.1.2), which lets everyone in: it is never one.
    """
    if not password or not dn:
        return False
    with _translated(directory):
        try:
            _close(connect(directory, dn, password))
        except LDAPInvalidCredentialsResult:
            return False
        except LDAPOperationResult:
            return False
    return True


def add(directory: Directory, entries: Iterable[RawEntry]) -> tuple[int, int]:
    """Add entries to the directory in their order; return how many were added and how many were there already."""
    added = there = 0
    with _translated(directory):
        connection = connect(directory, directory.bind_dn, directory.password)
        try:
            for entry in entries:
                given = dict(entry.attributes)
                classes = given.pop("objectclass", [])
                try:
                    cast(Any, connection).add(entry.dn, classes, given)
                    added += 1
                except LDAPEntryAlreadyExistsResult:
                    there += 1
                except LDAPOperationResult as error:
                    said = error.message or error.description or type(error).__name__
                    raise RegistryRefused(f"The directory would not take {entry.dn}: {said}.") from None
        finally:
            _close(connection)
    return added, there


class LdapSource:
    """Follows one directory with one connection."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.name = f"{directory.uri}/{directory.base}"
        self._connection: ldap3.Connection | None = None
        self._entries: dict[str, RawEntry] = {}
        self._highest = ""
        self._context: tuple[str, ...] = ()

    def read(self) -> Entries:
        """Read everything."""
        with self._asking() as connection:
            self._context = self._context_csn(connection)
            self._entries, self._highest = {}, ""
            self._take(connection, _OURS)
        return dict(self._entries)

    def changed(self) -> Entries | None:
        """Look whether the directory changed, and read what did."""
        with self._asking() as connection:
            context = self._context_csn(connection)
            if context and context == self._context:
                return None
            before = dict(self._entries)
            highest = self._highest
            self._take(connection, f"(&{_OURS}(entryCSN>={highest}))" if highest else _OURS)
            present = {uuid for uuid, _, _ in self._search(connection, _OURS, ["entryUUID"])}
            for uuid in [uuid for uuid in self._entries if uuid not in present]:
                del self._entries[uuid]
            if any(uuid not in self._entries for uuid in present):
                self._take(connection, _OURS)  # one came into being while we looked
            self._context = context
            return dict(self._entries) if self._entries != before else None

    def modify(self, dn: str, attribute: str, values: Sequence[str]) -> None:
        """Replace an attribute's values."""
        with self._asking() as connection:
            try:
                cast(Any, connection).modify(dn, {attribute: [(ldap3.MODIFY_REPLACE, list(values))]})
            except LDAPOperationResult as error:
                said = error.description or type(error).__name__
                raise RegistryRefused(f"The directory would not change {attribute} of {dn}: {said}.") from None

    def close(self) -> None:
        """Close the connection."""
        connection, self._connection = self._connection, None
        if connection is not None:
            _close(connection)

    def _take(self, connection: ldap3.Connection, query: str) -> None:
        for uuid, csn, entry in self._search(connection, query, ["*", "entryUUID", "entryCSN"]):
            self._entries[uuid] = entry
            self._highest = max(self._highest, csn)

    def _search(
        self, connection: ldap3.Connection, query: str, attributes: list[str]
    ) -> Iterator[tuple[str, str, RawEntry]]:
        found = connection.extend.standard.paged_search(
            self._directory.base, query, ldap3.SUBTREE, attributes=attributes, paged_size=PAGE, generator=True
        )
        for item in found:
            if item.get("type") != "searchResEntry":
                continue
            raw = {
                name.lower(): [value.decode("utf-8", "replace") for value in values]
                for name, values in cast("dict[str, list[bytes]]", item["raw_attributes"]).items()
            }
            kept = {name: values for name, values in raw.items() if name not in _KEPT_BACK and values}
            uuid, csn = (raw.get("entryuuid") or [item["dn"]])[0], (raw.get("entrycsn") or [""])[0]
            yield uuid, csn, RawEntry(item["dn"], kept)

    def _context_csn(self, connection: ldap3.Connection) -> tuple[str, ...]:
        connection.search(self._directory.base, "(objectClass=*)", ldap3.BASE, attributes=["contextCSN"])
        found = [item for item in cast("list[dict[str, Any]]", connection.response or []) if "raw_attributes" in item]
        return tuple(value.decode() for item in found for value in item["raw_attributes"].get("contextCSN", []))

    @contextmanager
    def _asking(self) -> Iterator[ldap3.Connection]:
        with _translated(self._directory):
            try:
                if self._connection is None:
                    self._connection = connect(self._directory, self._directory.bind_dn, self._directory.password)
                yield self._connection
            except (LDAPException, OSError):
                self.close()
                raise


@contextmanager
def _translated(directory: Directory) -> Iterator[None]:
    """Turn ldap3's errors into one sentence of ours."""
    try:
        yield
    except LDAPInvalidCredentialsResult:
        raise RegistryAway(
            f"The directory {directory.uri} does not let {directory.bind_dn or 'us'} in: correct ldap_bind_dn and "
            "ldap_password."
        ) from None
    except (LDAPException, OSError) as error:
        said = " ".join(str(error).split()) or type(error).__name__
        raise RegistryAway(
            f"The directory {directory.uri} cannot be read ({said[:200]}): look whether slapd runs, and at ldap_uri, "
            "ldap_base and ldap_ca."
        ) from None
