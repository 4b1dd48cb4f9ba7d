"""Secrets of webhooks: derived from one master key in the data directory, so that none stands in the database.

The secret of a generation is HMAC-SHA256(master key, endpoint and generation), 32 bytes; integrators get it in the
form of Standard Webhooks. Who has the database has no secret, who has the key file has them all: it belongs in the
back-up, and on each machine that serves or delivers.
"""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from api.errors import ApiError
from core.durable import sync_directory

FILE = "webhook.key"
SIZE = 32
PREFIX = "whsec_"


class KeyTrouble(ApiError):
    """The master key of the webhooks' secrets is damaged, or is that of another installation."""

    code = "webhook.key"


class Secrets:
    """The secrets of all endpoints, of every generation."""

    def __init__(self, master: bytes) -> None:
        self._master = master

    def secret(self, endpoint: UUID, generation: int) -> bytes:
        """What signs."""
        return hmac.digest(self._master, f"webhook {endpoint} {generation}".encode(), "sha256")

    def shown(self, endpoint: UUID, generation: int) -> str:
        """The same as the integrator gets it: whsec_ and base64."""
        return PREFIX + base64.b64encode(self.secret(endpoint, generation)).decode()

    @property
    def print(self) -> str:
        """Tells this key from others and nothing else about it."""
        return hmac.digest(self._master, b"webhook key", "sha256").hex()[:16]


def opened(data: Path, connection: psycopg.Connection[Any]) -> Secrets:
    """The secrets of this installation; the key is made when there is none yet. Raises `KeyTrouble`.

    The database remembers by which key the secrets were made: a second machine with a key of its own would sign what
    nobody can verify.
    """
    path = data / FILE
    found = Secrets(_master(path))
    row = connection.execute("SELECT key_print FROM hooks.planner").fetchone()
    if row is None or row[0] is None:
        row = connection.execute(
            "UPDATE hooks.planner SET key_print = coalesce(key_print, %s) RETURNING key_print", [found.print]
        ).fetchone()
    if row is None or row[0] != found.print:
        raise KeyTrouble(
            f"The key {path} is not the one that the secrets of the webhooks were made with: copy {FILE} from the data "
            "directory of the machine where they were made, or from a back-up."
        )
    return found


def _master(path: Path) -> bytes:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{FILE}.{os.getpid()}.{secrets.token_hex(4)}")
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(secrets.token_hex(SIZE) + "\n")
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # of two processes that start at once, one makes the key
            sync_directory(path.parent)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    try:
        master = binascii.unhexlify(path.read_bytes().strip())
    except binascii.Error:
        master = b""
    if len(master) != SIZE:
        raise KeyTrouble(f"{path} does not hold {SIZE} bytes in hexadecimal: restore it from a back-up.")
    return master


def signed(secret: bytes, message_id: str, timestamp: int, body: bytes) -> str:
    """One signature of a message: `v1,` and base64 of the HMAC-SHA256 of id, timestamp and body."""
    content = b"%b.%d.%b" % (message_id.encode(), timestamp, body)
    return "v1," + base64.b64encode(hmac.digest(secret, content, hashlib.sha256)).decode()


def headers(keys: list[bytes], message_id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """The three headers of Standard Webhooks; while a secret is being changed there are several signatures."""
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signed(key, message_id, timestamp, body) for key in keys),
    }
