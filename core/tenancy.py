"""Which company a leg belongs to: the one place that decides it, from evidence, never by a guess. Pure.

What is evidence, strongest first: the domain of the user who authenticated (or whose phone is called), the company that
the dialplan set for a number of the public network, the domain that the directory or the dialplan gave the leg, the
domain that was dialled, the same of the legs that it is bridged to, a trunk's name that carries a company's domain, the
dialplan context named for a company. Numbers, names and addresses say nothing: two companies have the same ones.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

import msgspec

_DOMAIN = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_ADDRESS = re.compile(r"[\d.]+")


class Evidence(msgspec.Struct, frozen=True, kw_only=True):
    """What a leg's events say; what they do not say is empty."""

    user: str | None = None
    """user@domain: who authenticated, or who is called by the directory's word"""
    company: str = ""
    """set by the dialplan for the company whose number was called"""
    domain: str = ""
    """domain_name: from the directory, or from the dialplan"""
    dialled: str = ""
    """the domain that was dialled, or user@domain"""
    trunk: str = ""
    """the gateway's name"""
    context: str = ""
    """the dialplan context"""


NOTHING = Evidence()


def tenant_of(leg: Evidence, bridged: Iterable[Evidence] = (), companies: Container[str] | None = None) -> str | None:
    """The company of a leg; None when nothing says so: then it is for operators alone.

    ``bridged`` are the legs that it is bridged to or that it made, in the order in which they came. ``companies`` are
    those that there are, where that is known: no other counts then. A trunk's name counts only then, for any provider's
    name may have dots in it.
    """
    others = list(bridged)
    for one in (leg, *others):
        for name in (one.user if "@" in (one.user or "") else None, one.company, one.domain, one.dialled):
            if (found := company_of(name)) is not None and _is(found, companies):
                return found
    if companies is not None:
        for one in (leg, *others):
            found = one.trunk.partition(".")[2].lower()
            if found and found in companies:
                return found
    # Contexts of one word (public, default) are everybody's.
    context = company_of(leg.context) if "." in leg.context else None
    return context if context is not None and _is(context, companies) else None


def company_of(*names: str | None) -> str | None:
    """The domain of the first name that has one (`1001@alpha.example`, `alpha.example`), in lower case.

    An address is none.
    """
    for name in names:
        found = (name or "").rpartition("@")[2].lower()
        if _DOMAIN.fullmatch(found) and not _ADDRESS.fullmatch(found):
            return found
    return None


def _is(domain: str, companies: Container[str] | None) -> bool:
    return companies is None or domain in companies
