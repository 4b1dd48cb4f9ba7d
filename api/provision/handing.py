"""Handing a phone its file: whether the secret in the address is this phone's, and the file with the next address.

Whoever has no right to a file gets the same answer after the same work, whatever the reason: a MAC that nobody has, a
wrong secret, a secret of another phone.
"""

import logging
from typing import Any

import msgspec
from psycopg import Connection

from api.errors import NotFound, Unavailable
from api.provision import secrets
from api.provision.files import PhoneFile, file_of
from api.provision.lines import settings, without_password
from core.registry.entries import Phone
from core.registry.live import LiveRegistry

LOG = logging.getLogger("harmony.provision")
NOBODYS = Phone(tenant="", mac="", vendor="")


class NoFile(NotFound):
    """There is no such file, or not for who asked."""

    code = "provision.not_found"


class Handed(msgspec.Struct, frozen=True):
    """A file for a phone."""

    mac: str
    kind: str
    content: bytes


def hand(
    connection: Connection[Any], registry: LiveRegistry, secret: str, named: PhoneFile | None, base: str
) -> Handed | str:
    """The file, or why there is none (a word for the record); raises `Unavailable` while the registry is away.

    ``base``: the address of this server as phones reach it.
    """
    with connection.transaction():
        found = secrets.find(connection, secret)
        known = found or secrets.NOBODYS
        current = registry.current
        mac = (named.mac if named is not None else None) or known.mac
        phone = current.phone(mac) or NOBODYS
        right = known.is_for(mac, phone.tenant)
        if found is None or not right or phone is NOBODYS:
            return "address" if found is None else "phone"
        file = file_of(phone, named.form) if named is not None else None
        if file is None:
            return "file"
        missing = without_password(current, phone)
        if missing and not registry.state.current:
            raise Unavailable("The registry is away: the phone keeps the settings that it has.")
        for user in missing:
            LOG.warning(
                "The phone %s gets no line for %s@%s: the registry has no password of it that a phone can be told",
                phone.mac,
                user.user,
                user.tenant,
            )
        address = f"{base}/provision/{secrets.follow(connection, known) if file.carries else secret}/"
        told = settings(current, phone, address)
        if told is None:
            return "phone"
        secrets.use(connection, known)
        return Handed(phone.mac, file.kind, file.make(told))
