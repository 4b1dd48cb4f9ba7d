"""What a dialled number means: the order in which the registry is asked. Pure; knows no XML and no wire.

Inside a company (the context is its domain): emergency numbers, then the operator's overrides, feature codes, the
company's own numbers, and last the world outside. From outside (context public): the company whose number it is.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

from bridge.fetch import features, inside, outside
from bridge.fetch.plan import Plan, Step, step
from core.registry import Company, Registry
from core.registry.reader import NUMBER

PUBLIC: Final = "public"
FEATURES: Final = "features"
AFTER: Final = re.compile(r"after-([0-9A-Za-z*#+.-]{1,64})-([A-Z_]{1,40})")
"""what a leg executes when a phone was not reached: whose, and why"""


class Caller(msgspec.Struct, frozen=True):
    """Who calls, as the switch vouches for it."""

    user: str | None = None
    """authenticated user of the company of the context; None for anybody else"""
    number: str | None = None
    forwarded_by: str | None = None
    """the user on whose behalf the call goes on"""
    ringing: str | None = None
    """the user whose phone was tried last"""
    forwards: int = 0
    """how often the call was forwarded"""
    sent_by: str | None = None
    """the user who transferred a leg of the company that is no user's own: who came from outside, or whom one rang"""


def route(registry: Registry, context: str, number: str, caller: Caller) -> Plan | None:
    """Return what happens to a call, None where the registry does not know the context."""
    if context == PUBLIC:
        return Plan(context, number, _from_outside(registry, number))
    company = registry.company(context)
    if company is None:
        return None
    return Plan(context, number, tuple(_inside(registry, company, number, caller)))


def _from_outside(registry: Registry, number: str) -> tuple[Step, ...]:
    for form in forms(number):
        did = registry.did(form)
        if did is not None:
            return (
                step(
                    f"{form} is a number of {did.tenant} and leads to {did.target} there.",
                    f"set domain_name={did.tenant}",
                    f"set harmony_company={did.tenant}",
                    f"transfer {did.target} XML {did.tenant}",
                ),
            )
    return (step(f"{number} is no company's number: the caller is told so.", "respond 404"),)


def forms(number: str) -> list[str]:
    """Return the ways in which a number of the public network may stand in the registry (+ and digits)."""
    bare = number.removeprefix("+")
    if not bare.isdecimal() or not bare.isascii():
        return []
    return [f"+{bare}", *([f"+{bare[2:]}"] if not number.startswith("+") and bare.startswith("00") else [])]


def _inside(registry: Registry, company: Company, number: str, caller: Caller) -> list[Step]:
    if number in company.tenant.emergency:
        return outside.emergency(registry, company, number, caller.user)
    if not NUMBER.fullmatch(number):
        return [_nothing(number, company, "has characters that no number has")]
    if after := AFTER.fullmatch(number):
        return inside.not_reached(registry, company, after[1], after[2], caller.ringing == after[1], caller.forwards)
    for override in company.overrides:
        if re.search(override.expression, number):
            says = f"The override {override.name!r} takes {number} ({override.expression})."
            return [Step(says, override.actions)]
    found = company.feature(number)
    if found is not None:
        return features.feature(company, *found, caller.user)
    destination = company.destination(number)
    if destination is not None:
        return inside.reach(registry, company, number, destination, caller.forwards)
    user = company.users.get(caller.user or "")
    if user is not None and (meant := dict(user.speed_dials).get(number)) is not None:
        # The leg says that it was no forward: the record of the call knows a speed dial by that.
        says = f"{number} is a speed dial of {user.user} and stands for {meant}."
        return [step(says, f"set harmony_speed_dial={number}", f"transfer {meant} XML {company.domain}")]
    prefix = company.tenant.outbound_prefix
    if number.startswith("+") or (prefix and number.startswith(prefix) and len(number) > len(prefix)):
        return outside.outside(registry, company, number, caller.user or caller.sent_by or caller.forwarded_by)
    return [_nothing(number, company, "is nothing there")]


def _nothing(number: str, company: Company, why: str) -> Step:
    return step(f"{number[:64]!r} {why}: the caller of {company.domain} is told so.", "respond 404")
