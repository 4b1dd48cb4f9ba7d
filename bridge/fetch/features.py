"""Feature codes: what users dial to have something done. Each needs to know which user dials.

Forwarding and do not disturb change the registry: the leg makes an event that names user and wish, and Harmony, which
hears every event, changes the entry (bridge/process/wishes.py).
"""

from __future__ import annotations

import re
from typing import Final

from bridge.fetch.plan import Step, step
from core.registry import Company
from core.registry import entries as e

SUBCLASS: Final = "harmony_feature::wish"
SUPERVISORS: Final = "supervisors"
"""the pickup group whose members may listen to others' calls"""
DONE: Final = "playback tone_stream://%(150,80,620);%(150,80,820)"
REFUSED: Final = "playback tone_stream://%(400,100,300);loops=2"
_TARGET: Final = re.compile(r"\+?[0-9]{1,20}")
_WISHES: Final[dict[str, tuple[str, bool]]] = {
    "forward": ("forward.always", True),
    "forward-off": ("forward.always", False),
    "forward-busy": ("forward.busy", True),
    "forward-busy-off": ("forward.busy", False),
    "forward-no-answer": ("forward.no-answer", True),
    "forward-no-answer-off": ("forward.no-answer", False),
    "do-not-disturb": ("do-not-disturb", True),
    "do-not-disturb-off": ("do-not-disturb", False),
}


def feature(company: Company, code: e.FeatureCode, rest: str, user: str | None) -> list[Step]:
    """What dialling a code does; ``rest`` is what stands behind it."""
    what = f"{code.code} is the code for {code.feature}"
    who = company.users.get(user or "")
    if code.feature == "echo":
        return [step(f"{what}: the caller hears itself.", "answer", "echo")]
    if who is None or not who.enabled:
        return [step(f"{what}, and the caller is no user of {company.domain}: refused.", "respond 403")]
    if code.feature in _WISHES:
        return _wish(company, code, rest, who, what)
    match code.feature:
        case "voicemail":
            actions = ["answer", "sleep 500", f"voicemail check default {company.domain} {who.user}"]
            return [step(f"{what}: {who.user} listens to its mailbox.", *actions)]
        case "pickup" | "group-pickup":
            return [_pickup(company, rest, who, what)]
        case "eavesdrop":
            return [_eavesdrop(company, rest, who, what)]
        case "queue-login" | "queue-logout":
            status = "Available" if code.feature == "queue-login" else "Logged Out"
            wish = f"${{callcenter_config(agent set status {who.user}@{company.domain} '{status}')}}"
            return [step(f"{what}: the agent {who.user} is {status}.", "answer", f"set harmony_said={wish}", DONE)]
    return [step(f"{what}, which is not known here: refused.", "respond 404")]


def _wish(company: Company, code: e.FeatureCode, rest: str, who: e.User, what: str) -> list[Step]:
    wish, on = _WISHES[code.feature]
    takes_target = on and wish != "do-not-disturb"
    if takes_target and not _TARGET.fullmatch(rest):
        return [step(f"{what}, and no number stands behind it: refused.", "answer", REFUSED)]
    value = rest if takes_target else "on" if on else "off"
    fields = {
        "Event-Name": "CUSTOM",
        "Event-Subclass": SUBCLASS,
        "Harmony-Domain": company.domain,
        "Harmony-User": who.user,
        "Harmony-Wish": wish,
        "Harmony-Value": value,
    }
    event = "event " + ",".join(f"{name}={text}" for name, text in fields.items())
    return [step(f"{what}: the registry is changed for {who.user} ({wish}: {value}).", "answer", event, DONE)]


def _pickup(company: Company, rest: str, who: e.User, what: str) -> Step:
    if not rest:
        if not who.pickup_groups:
            return step(f"{what}, and {who.user} is in no pickup group: refused.", "respond 403")
        key = f"group-{who.pickup_groups[0]}"
        says = f"{what}: {who.user} picks up what rings in the group {who.pickup_groups[0]}."
    else:
        other = company.users.get(rest)
        if other is None or not set(other.pickup_groups) & set(who.pickup_groups):
            return step(f"{what}, and {rest[:20]} is in no pickup group of {who.user}: refused.", "respond 403")
        key, says = rest, f"{what}: {who.user} picks up the call that rings at {rest}."
    return step(says, "answer", f"intercept ${{hash(select/{company.domain}-last_dial_ext/{key})}}")


def _eavesdrop(company: Company, rest: str, who: e.User, what: str) -> Step:
    if SUPERVISORS not in who.pickup_groups:
        return step(f"{what}, and {who.user} is not of the group {SUPERVISORS}: refused.", "respond 403")
    if rest not in company.users:
        return step(f"{what}, and {rest[:20]!r} is no user of {company.domain}: refused.", "respond 404")
    says = f"{what}: {who.user} listens to the call of {rest}."
    return step(says, "answer", f"eavesdrop ${{hash(select/{company.domain}-spymap/{rest})}}")
