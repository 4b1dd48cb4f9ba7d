"""The secrets in the addresses of phones: made, used, replaced, revoked. Takes a connection; texts are told once.

A secret is 32 random bytes and kept as its SHA-256. It works for one phone: until it expires, and from its first use
for ten minutes, in which a phone fetches several files and tries again. Each file with settings carries a new one, made
with that file; the first of them to be used ends the others that were fetched with the same.
"""

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import Any, LiteralString

import msgspec
from psycopg import Connection
from psycopg.rows import class_row

from core.operating import record_action

AGAIN = timedelta(minutes=10)
"""for which a secret goes on working after its first use"""
FIRST = timedelta(days=7)
"""for which an address that an operator made waits for its phone"""
NEXT = timedelta(days=90)
"""for which the address in a phone's settings works; a phone asks every day"""
_KEPT = timedelta(days=1)

_FIND: LiteralString = """
    SELECT hash, mac, tenant, used_at FROM auth.phone_secret
    WHERE hash = %s AND expires_at > clock_timestamp()
      AND (used_at IS NULL OR used_at > clock_timestamp() - %s)
    FOR UPDATE
"""
_INSERT: LiteralString = """
    INSERT INTO auth.phone_secret (hash, mac, tenant, parent, made_by, expires_at)
    VALUES (%s, %s, %s, %s, %s, clock_timestamp() + %s)
"""
_SIBLINGS: LiteralString = """
    DELETE FROM auth.phone_secret
    WHERE mac = %s AND hash <> %s AND (
        used_at IS NULL AND parent IS NOT DISTINCT FROM (SELECT parent FROM auth.phone_secret WHERE hash = %s)
        OR used_at < clock_timestamp() - %s OR expires_at < clock_timestamp() - %s)
"""
_STATES: LiteralString = """
    SELECT mac, count(*) FILTER (WHERE good) AS waiting, max(used_at) AS fetched_at,
           max(expires_at) FILTER (WHERE good) AS expires_at
    FROM (SELECT *, used_at IS NULL AND expires_at > clock_timestamp() AS good FROM auth.phone_secret) AS each
    WHERE mac = ANY(%s) GROUP BY mac
"""


class Secret(msgspec.Struct, frozen=True):
    """A secret that works."""

    hash: bytes
    mac: str
    tenant: str
    used_at: datetime | None

    def is_for(self, mac: str, tenant: str) -> bool:
        """Whether it is this phone's, compared in the same time whatever it is."""
        same = hmac.compare_digest(self.mac.encode(), mac.encode())
        return hmac.compare_digest(self.tenant.encode(), tenant.encode()) and same


NOBODYS = Secret(b"", "", "", None)
"""stands for one that does not work, so that as much is compared"""


class PhoneState(msgspec.Struct, frozen=True):
    """What is known of a phone's secrets."""

    mac: str
    waiting: int
    """secrets that work and were not used"""
    fetched_at: datetime | None
    expires_at: datetime | None


def hashed(secret: str) -> bytes:
    """What is kept of a secret."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def make(connection: Connection[Any], mac: str, tenant: str, by: str, lasting: timedelta = FIRST) -> str:
    """A new first secret for a phone; those before it end."""
    secret = secrets.token_urlsafe(32)
    with connection.transaction():
        connection.execute("DELETE FROM auth.phone_secret WHERE mac = %s", [mac])
        connection.execute(_INSERT, [hashed(secret), mac, tenant, None, by, lasting])
        record_action(connection, "phone.secret", by, mac, tenant=tenant)
    return secret


def revoke(connection: Connection[Any], mac: str, tenant: str | None, by: str) -> int:
    """End all secrets of a phone; how many there were."""
    with connection.transaction():
        gone = connection.execute("DELETE FROM auth.phone_secret WHERE mac = %s", [mac]).rowcount
        record_action(connection, "phone.revoked", by, mac, tenant=tenant)
    return gone


def find(connection: Connection[Any], secret: str) -> Secret | None:
    """The secret, if it works; held until the transaction ends."""
    with connection.cursor(row_factory=class_row(Secret)) as cursor:
        return cursor.execute(_FIND, [hashed(secret), AGAIN]).fetchone()


def use(connection: Connection[Any], secret: Secret) -> None:
    """Note the first use, and end what lay beside it."""
    if secret.used_at is None:
        connection.execute("UPDATE auth.phone_secret SET used_at = clock_timestamp() WHERE hash = %s", [secret.hash])
        connection.execute(_SIBLINGS, [secret.mac, secret.hash, secret.hash, _KEPT, _KEPT])


def follow(connection: Connection[Any], secret: Secret) -> str:
    """The next secret of a phone, for the file that it fetches with this one."""
    fresh = secrets.token_urlsafe(32)
    values = [hashed(fresh), secret.mac, secret.tenant, secret.hash, "phone", NEXT]
    connection.execute(_INSERT, values)
    return fresh


def states(connection: Connection[Any], macs: list[str]) -> dict[str, PhoneState]:
    """What is known of these phones; those without a secret are left out."""
    with connection.cursor(row_factory=class_row(PhoneState)) as cursor:
        return {one.mac: one for one in cursor.execute(_STATES, [macs]).fetchall()}
