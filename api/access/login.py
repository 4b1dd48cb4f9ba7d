"""Logging in: a user of the registry and the password of its entry, for a token of the user's own company.

The directory says whether a password is right, by letting the user in or not; where the registry is a file, its
userPassword does, as it was last read. Whether there is such a user at all is not told, nor by how long the answer
takes.
"""

from datetime import timedelta
from typing import Annotated

import msgspec
import psycopg

from api.access import passwords, store
from api.access.token import Kind, Token
from api.errors import ApiError, Forbidden, Unavailable
from api.provision.limits import Limits
from core.registry.entries import User
from core.registry.live import LiveRegistry
from core.registry.reader import normal
from core.registry.sources import directory_of
from core.settings import Settings

LASTING = timedelta(hours=12)
LONGEST = 256
"""characters of a user, and of a password"""


class Refused(ApiError):
    """A user and password that do not go together."""

    code = "login.refused"
    status = 401


class TooOften(ApiError):
    """Somebody tries too many."""

    code = "login.too-often"
    status = 429

    def __init__(self, wait: int) -> None:
        super().__init__(f"Too many attempts: try again in {wait} s.")
        self.wait = wait


class LoginBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who logs in."""

    user: Annotated[str, msgspec.Meta(max_length=LONGEST, pattern=r"^[^@\x00]+@[^@\x00]+$")]
    """with the company's domain: 1001@alpha.example"""
    password: Annotated[str, msgspec.Meta(max_length=LONGEST, pattern=r"^[^\x00]*$")]
    """of the user's entry in the registry, not of the phone"""


class Attempt(msgspec.Struct, frozen=True):
    """One try: the permits that it took, which a right password gives back."""

    permits: tuple[tuple[Limits, str], ...]

    def succeeded(self) -> None:
        for limits, key in self.permits:
            limits.give(key)


class Logins:
    """Who may try how often; of one event loop.

    A browser from which the user logged in before is counted by itself alone: neither strangers nor a colleague behind
    the same address keep its user out. An address from which he did is not counted with the strangers.
    """

    def __init__(self) -> None:
        self._pairs = Limits(burst=8, rate=1 / 30)
        self._users = Limits(burst=30, rate=1 / 10)
        self._addresses = Limits(burst=60, rate=1 / 2)
        self._devices = Limits(burst=8, rate=1 / 30)

    def admit(self, user: str, address: str, device: bytes | None = None, at_home: bool = False) -> Attempt:
        """Count an attempt; raises `TooOften`, with the seconds to wait.

        ``device``: the mark of a browser from which the user logged in before. ``at_home``: he did from this address.
        """
        who = user.lower()[:LONGEST]
        if device is not None:
            asked = [(self._devices, f"{who} {device.hex()}")]
        else:
            asked = [(self._addresses, address), (self._pairs, f"{who} {address}")]
            asked += [] if at_home else [(self._users, who)]
        for limits, key in asked:
            if wait := limits.take(key):
                raise TooOften(wait)
        return Attempt(tuple(asked))


def log_in(
    connection: psycopg.Connection[tuple[object, ...]],
    settings: Settings,
    registry: LiveRegistry,
    given: LoginBody,
    kind: Kind = "login",
) -> tuple[Token, str]:
    """A token for the user, or a session, with its text; raises `Refused`, `Forbidden`, `RegistryAway`, `Unavailable`.

    It blocks.
    """
    if registry.absent:
        raise Forbidden(
            "There is no registry here, and so nobody can log in: `harmony registry import FILE` makes one, or name a "
            "directory as ldap_uri."
        )
    name, _, domain = given.user.partition("@")
    user = registry.current.user(domain, name)
    if not _right(settings, registry, user, given.password) or user is None:
        raise Refused("This user and this password do not go together.")
    return store.log_in(connection, f"{user.user}@{user.tenant}", user.tenant, LASTING, kind)


def _right(settings: Settings, registry: LiveRegistry, user: User | None, password: str) -> bool:
    """Whether the password is that of the user. The same is done for one that does not exist."""
    directory = directory_of(settings)
    if directory is not None:
        from core.registry.ldap import accepts  # the library is loaded where there is a directory

        return accepts(directory, user.dn if user is not None else f"cn=nobody,{directory.base}", password)
    if not registry.passwords and registry.state.trouble:
        raise Unavailable("Nobody can log in now, for the registry is away: try again later, or tell who runs this.")
    known = registry.passwords.get(normal(user.dn), []) if user is not None else ["nobody has this one"]
    return passwords.matches(password, known)
