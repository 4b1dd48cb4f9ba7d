"""An access token: its text, its hash, and what is kept of it. Pure but for the random bytes.

A token is 32 random bytes, so a plain SHA-256 is enough: there is nothing to guess. Its beginning tells it from the
installation's own token and lets a search for leaked secrets find it.
"""

import hashlib
import re
import secrets
from collections.abc import Collection
from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

from api.access.principal import OPERATOR, SCOPES, Principal, Scope
from api.errors import BadArgument
from core.registry.entries import Role
from core.roles import ROLES, Standing

PREFIX = "hmy_"
USUAL: tuple[Scope, ...] = ("read", "subscribe")
"""scopes of a token where none are named"""
LONGEST_DAYS = 3650
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_USER = re.compile(r"[0-9A-Za-z*#+._-]{1,64}")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")

Kind = Literal["made", "login", "session"]


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a token; the token itself is told once, when it is made."""

    token_id: UUID
    kind: Kind
    name: str
    tenant: str | None
    scopes: list[str]
    made_at: datetime
    made_by: str
    expires_at: datetime | None
    user: str | None = None
    """whose it is: what he may do is looked up in the registry each time; None: nobody's"""
    role: Role | None = None
    """what its bearer is at most; None: whatever he is"""
    revoked_at: datetime | None
    revoked_by: str | None
    last_used_at: datetime | None
    parent: str | None = None
    """the token that a session was made of: its id, or the mark of the installation's own"""

    def state(self, now: datetime) -> str:
        """good, expired or revoked."""
        if self.revoked_at is not None:
            return "revoked"
        return "expired" if self.expires_at is not None and self.expires_at <= now else "good"

    def principal(self, standing: Standing | None = None) -> Principal:
        """Its bearer; `standing` is that of its user now. An operator of the registry is the installation's."""
        tenant, scopes = self.tenant, frozenset(s for s in SCOPES if s in self.scopes)
        if standing is not None and standing.role == "operator":
            tenant = None
            scopes |= {"operate"} if self.kind in ("login", "session") else set()
        return Principal(self.name, tenant, scopes, standing)


def fresh() -> str:
    """A new token."""
    return PREFIX + secrets.token_urlsafe(32)


def hashed(token: str) -> bytes:
    """What is kept of it."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def checked_name(name: str) -> str:
    """The name of a token that is made; users, who have an @ in theirs, get theirs by logging in."""
    if not _NAME.fullmatch(name) or name == OPERATOR.name:
        raise BadArgument(
            f"{name[:80]!r} is no name for a token: up to 64 letters, digits, dots, _ and -, not operator."
        )
    return name


def checked_tenant(domain: str | None) -> str | None:
    """A company's domain, in lower case."""
    if domain is not None and not _DOMAIN.fullmatch(domain.lower()):
        raise BadArgument(f"{domain[:80]!r} is no domain of a company: write it as alpha.example.")
    return None if domain is None else domain.lower()


def checked_user(user: str | None, tenant: str | None) -> str | None:
    """The user whom a token is for, of its company."""
    if user is None:
        return None
    name, _, domain = user.partition("@")
    if not _USER.fullmatch(name) or not _DOMAIN.fullmatch(domain.lower()):
        raise BadArgument(f"{user[:80]!r} is no user: write 1001@alpha.example.")
    if tenant is not None and tenant != domain.lower():
        raise BadArgument(f"{user[:80]} is no user of {tenant}: leave the company out, or name another user.")
    return f"{name}@{domain.lower()}"


def checked_role(role: str | None, tenant: str | None, user: str | None) -> Role | None:
    """What the bearer of a token is at most."""
    if role is None:
        return None
    found = next((one for one in ROLES if one == role), None)
    if found is None:
        raise BadArgument(f"There is no role {role[:40]!r}, only {', '.join(ROLES)}.")
    if found in ("user", "supervisor") and user is None:
        raise BadArgument(f"A token of the role {found} is somebody's: say whose, as user.")
    if user is None and (found == "operator") != (tenant is None):
        raise BadArgument(
            "A token of a company is its admin's, one of all companies an operator's, unless it names a user."
        )
    return found


def checked_scopes(scopes: Collection[str], tenant: str | None) -> list[Scope]:
    """The scopes of a token, each once; a company has no `operate`."""
    if unknown := sorted(set(scopes) - SCOPES):
        raise BadArgument(f"There is no scope {unknown[0][:40]!r}, only {', '.join(sorted(SCOPES))}.")
    if tenant is not None and "operate" in scopes:
        raise BadArgument("operate concerns the whole installation: a token of one company cannot have it.")
    return [scope for scope in ("read", "subscribe", "control", "operate") if scope in (scopes or USUAL)]
