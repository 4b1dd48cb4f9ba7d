"""Calls to the world: by the company's trunks, one after the other, with a number that may be shown there."""

from __future__ import annotations

from typing import Final

from bridge.fetch.plan import Step, step
from core.registry import Company, Registry
from core.registry import entries as e

RING: Final = 120
"""seconds that a number outside rings"""
TRY: Final = 10
"""seconds that a trunk gets to say anything of a call; then the next one is tried"""
FINAL: Final = "USER_BUSY:NO_ANSWER:UNALLOCATED_NUMBER:NUMBER_CHANGED:INVALID_NUMBER_FORMAT"
"""what a trunk says of the number called, not of itself: another trunk would say the same"""


def gateway(trunk: e.Trunk) -> str:
    """Return the name that a trunk has as a gateway of the switch: that of a company carries its domain."""
    return trunk.name if trunk.tenant is None else f"{trunk.name}.{trunk.tenant}"


def emergency(registry: Registry, company: Company, number: str, user: str | None) -> list[Step]:
    """An emergency call goes out whatever else the registry says, by every trunk that may carry it."""
    trunks = [trunk for trunk in registry.trunks(company.domain) if trunk.emergency]
    if not trunks:
        trunks = registry.trunks(company.domain)
    says = f"{number} is an emergency number of {company.domain}: it goes out whatever else is set."
    return [step(says), _bridge(company, company.users.get(user or ""), number, trunks, final="")]


def outside(registry: Registry, company: Company, number: str, on_behalf_of: str | None) -> list[Step]:
    """A call to a number outside; somebody of the company must answer for it."""
    user = company.users.get(on_behalf_of or "")
    if user is None:
        return [step(f"{number} is outside, and the caller is no user of {company.domain}: refused.", "respond 403")]
    if not (user.outbound and user.enabled):
        return [step(f"{number} is outside, and {user.user} may not call outside: refused.", "respond 403")]
    trunks = registry.trunks(company.domain)
    if not trunks:
        return [step(f"{number} is outside, and {company.domain} has no trunk: the call fails.", "respond 503")]
    return [step(f"{number} is outside."), _bridge(company, user, number, trunks)]


def _bridge(company: Company, user: e.User | None, number: str, trunks: list[e.Trunk], final: str = FINAL) -> Step:
    """Each trunk in turn; who is called decides (``final``), and the caller hears the cause of the last one."""
    shown = (user.caller_id if user else None) or company.tenant.caller_id
    names = [gateway(trunk) for trunk in trunks]
    actions = ["set hangup_after_bridge=true", "set continue_on_fail=false", f"set call_timeout={RING}"]
    if shown:
        actions.append(f"set effective_caller_id_number={shown}")
        actions.append(f"set effective_caller_id_name={shown}")
    if names:
        how = f"progress_timeout={TRY}" + (f",fail_on_single_reject={final}" if final else "")
        actions.append(f"bridge {{{how}}}" + "|".join(f"sofia/gateway/{name}/{number}" for name in names))
    else:
        actions.append("respond 503")
    says = f"By {', then '.join(names) or 'no trunk'}" + (f", showing {shown}" if shown else "") + "."
    return step(says, *actions)
