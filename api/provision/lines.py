"""What a phone is told, whatever its vendor: its users' SIP accounts and nothing of anybody else. Pure.

A user whose password is not known in plain (only as a hash), or who is switched off, gets no line.
"""

import re

import msgspec

from api.provision.zone import Zone, zone
from core.registry import Registry
from core.registry.entries import Phone, User

_UNSPEAKABLE = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Line(msgspec.Struct, frozen=True):
    """One SIP account."""

    number: int
    """the key of the phone, from 1"""
    server: str
    user: str
    password: str
    name: str
    """shown on the phone and to those who are called"""


class Settings(msgspec.Struct, frozen=True):
    """Everything that a phone's file says."""

    mac: str
    model: str
    lines: tuple[Line, ...]
    voicemail: str | None
    """what is dialled to listen to the mailbox"""
    zone: Zone
    address: str
    """where the phone fetches its settings next, ending in a slash"""


def settings(registry: Registry, phone: Phone, address: str) -> Settings | None:
    """The settings of a phone; None where its company is not there, or switched off."""
    company = registry.company(phone.tenant)
    if company is None:
        return None
    lines = []
    for number, name in enumerate(phone.lines, start=1):
        user = registry.user(company.domain, name)
        if user is not None and user.password is not None and password_fits(user.password):
            lines.append(Line(number, company.domain, user.user, user.password, said(user.name or user.user)))
    code = next((one.code for one in company.features if one.feature == "voicemail"), None)
    return Settings(
        mac=phone.mac,
        model=phone.model,
        lines=tuple(lines),
        voicemail=code,
        zone=zone(company.tenant.time_zone),
        address=address,
    )


def without_password(registry: Registry, phone: Phone) -> list[User]:
    """Users of the phone's lines who get none, because their password is not known or cannot be told to a phone."""
    users = [registry.user(phone.tenant, name) for name in phone.lines]
    return [one for one in users if one is not None and not (one.password and password_fits(one.password))]


def password_fits(password: str) -> bool:
    """Whether a password can stand in a file of any vendor as it is: printable, in one line, no blanks around it."""
    return bool(password) and password == password.strip() and not _UNSPEAKABLE.search(password)


def said(text: str) -> str:
    """A text for people, as it can stand in one line of any format."""
    return " ".join(_UNSPEAKABLE.sub(" ", text).split())[:100]
