"""Calls to the world: by the company's trunks, one after the other, with a number that may be shown there."""

from __future__ import annotations

from bridge.fetch.plan import Step, step
from core.registry import Company, Registry
from core.registry import entries as e

TRY = 30
"""seconds that a trunk gets to bring a call anywhere"""


def gateway(trunk: e.Trunk) -> str:
    """Return the name that a trunk has as a gateway of the switch: that of a company carries its domain."""
    return trunk.name if trunk.tenant is None else f"{trunk.name}.{trunk.tenant}"


def emergency(registry: Registry, company: Company, number: str, user: str | None) -> list[Step]:
    """An emergency call goes out whatever else the registry says, by every trunk that may carry it."""
    trunks = [trunk for trunk in registry.trunks(company.domain) if trunk.emergency]
    if not trunks:
        trunks = registry.trunks(company.domain)
    says = f"{number} is an emergency number of {company.domain}: it goes out whatever else is set."
    return [step(says), _bridge(company, company.users.get(user or ""), number, trunks)]


def outside(
    registry: Registry, company: Company, number: str, on_behalf_of: str | None, by_transfer: bool
) -> list[Step]:
    """A call to a number outside; somebody of the company must answer for it."""
    user = company.users.get(on_behalf_of or "")
    if user is None and not by_transfer:
        return [step(f"{number} is outside, and the caller is no user of {company.domain}: refused.", "respond 403")]
    if user is not None and not (user.outbound and user.enabled):
        return [step(f"{number} is outside, and {user.user} may not call outside: refused.", "respond 403")]
    trunks = registry.trunks(company.domain)
    if not trunks:
        return [step(f"{number} is outside, and {company.domain} has no trunk: the call fails.", "respond 503")]
    return [step(f"{number} is outside."), _bridge(company, user, number, trunks)]


def _bridge(company: Company, user: e.User | None, number: str, trunks: list[e.Trunk]) -> Step:
    shown = (user.caller_id if user else None) or company.tenant.caller_id
    names = [gateway(trunk) for trunk in trunks]
    actions = ["set hangup_after_bridge=true", "set continue_on_fail=true", f"set call_timeout={TRY}"]
    if shown:
        actions.append(f"set effective_caller_id_number={shown}")
        actions.append(f"set effective_caller_id_name={shown}")
    if names:
        actions.append("bridge " + "|".join(f"sofia/gateway/{name}/{number}" for name in names))
    actions.append("respond 503")
    says = f"By {', then '.join(names) or 'no trunk'}" + (f", showing {shown}" if shown else "") + "."
    return step(says, *actions)
