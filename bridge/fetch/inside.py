"""Calls to what a company has: users, ring groups, queues, rooms, menus, park lots.

Where a forward hides the caller's way (busy, no answer), the leg executes `after-USER-CAUSE` in the same context: that
asks again, with the cause, and is no transfer, so that the records stay those of one call.
"""

from __future__ import annotations

from typing import assert_never

import msgspec

from bridge.fetch.plan import Step, step
from core.registry import Company, Registry
from core.registry import entries as e

BUSY = frozenset({"USER_BUSY", "CALL_REJECTED"})
MUSIC = "local_stream://moh"
MOST_FORWARDS = 10
"""of one call; whoever it comes to then has it end there"""


def reach(registry: Registry, company: Company, number: str, found: e.Destination, forwards: int = 0) -> list[Step]:
    """What happens to a call to a number of the company; ``forwards``: how often it was forwarded already."""
    match found:
        case e.User():
            return user(company, found, forwards)
        case e.RingGroup():
            return group(company, found)
        case e.Queue():
            return queue(company, found)
        case e.Conference():
            return conference(company, found)
        case e.Menu():
            says = f"{number} is the menu {found.name}."
            return [step(says, "answer", "sleep 500", f"ivr {found.name}@{company.domain}"), _over(company, found)]
        case e.ParkLot():
            return [park(company, found, number)]
        case _:
            assert_never(found)


def user(company: Company, who: e.User, forwards: int) -> list[Step]:
    """A call to a person: forwarded, refused, or rung, and then what comes when nobody answers."""
    if forwards >= MOST_FORWARDS:
        who = msgspec.structs.replace(who, forward_always=None, forward_busy=None, forward_no_answer=None)
    says = f"{who.user} is {who.name}, a user of {company.domain}"
    if not who.enabled:
        return [step(f"{says}, switched off: the caller is told so.", "respond 404")]
    if who.forward_always and _in_circle(company, who):
        says = f"{says}, whose calls are forwarded in a circle: nobody can be rung."
        return [
            step(says),
            *_unreached(company, msgspec.structs.replace(who, forward_no_answer=None), "NO_ANSWER", forwards),
        ]
    if who.forward_always:
        return [
            step(f"{says}."),
            step(
                f"All calls of {who.user} go to {who.forward_always}.",
                *_forward(company, who, who.forward_always, forwards),
            ),
        ]
    if who.do_not_disturb:
        return [step(f"{says}, who does not want to be disturbed."), *_unreached(company, who, "USER_BUSY", forwards)]
    return [step(f"{says}."), _ring(company, who), _then(company, who, forwards)]


def _in_circle(company: Company, who: e.User) -> bool:
    """Whether the forwarding of all calls leads back to somebody whom the call has passed."""
    seen = {who.user}
    ahead: e.User | None = who
    while ahead is not None and ahead.forward_always:
        if ahead.forward_always in seen:
            return True
        seen.add(ahead.forward_always)
        ahead = company.users.get(ahead.forward_always)
    return False


def not_reached(
    registry: Registry, company: Company, number: str, cause: str, ours: bool, forwards: int = 0
) -> list[Step]:
    """What comes after a phone was tried in vain."""
    who = company.users.get(number)
    if who is None or not ours:
        return [step(f"Nobody's phone was tried before after-{number}: refused.", "respond 404")]
    return _unreached(company, who, cause, forwards)


def _ring(company: Company, who: e.User) -> Step:
    domain = company.domain
    return step(
        f"The phones of {who.user} ring for {who.ring_seconds} s.",
        "set hangup_after_bridge=true",
        "set continue_on_fail=true",
        f"set call_timeout={who.ring_seconds}",
        f"set harmony_ringing={who.user}",
        f"export dialed_extension={who.user}",
        f"hash insert/{domain}-last_dial_ext/{who.user}/${{uuid}}",
        *(f"hash insert/{domain}-last_dial_ext/group-{name}/${{uuid}}" for name in who.pickup_groups),
        f"hash insert/{domain}-spymap/{who.user}/${{uuid}}",
        "bind_meta_app 4 ab s execute_extension::att_xfer XML features",
        f"bridge user/{who.user}@{domain}",
    )


def _then(company: Company, who: e.User, forwards: int) -> Step:
    """Behind a phone that was rung: one thing whatever the cause, or a question with the cause."""
    busy, silent = who.forward_busy, who.forward_no_answer
    if busy is None and silent is None:
        last = _unreached(company, who, "NO_ANSWER", forwards)[-1]
        return Step(f"Not reached: {last.says}", last.actions)
    ways = [f"busy: {busy or _last(who)}", f"no answer: {silent or _last(who)}"]
    return step(
        f"Not reached, by cause: {'; '.join(ways)}.",
        f"execute_extension after-{who.user}-${{originate_disposition}} XML {company.domain}",
    )


def _unreached(company: Company, who: e.User, cause: str, forwards: int) -> list[Step]:
    target = who.forward_busy if cause in BUSY else who.forward_no_answer
    if target:
        why = "is busy" if cause in BUSY else "does not answer"
        return [step(f"{who.user} {why}: the call goes to {target}.", *_forward(company, who, target, forwards))]
    if who.voicemail:
        return [
            step(
                f"To the mailbox of {who.user}.",
                "answer",
                "sleep 500",
                f"voicemail default {company.domain} {who.user}",
            )
        ]
    code = "respond 486" if cause in BUSY else "respond 480"
    return [step(f"{who.user} has no mailbox: the caller is told that nobody answers.", code)]


def _last(who: e.User) -> str:
    return "mailbox" if who.voicemail else "the caller is told"


def _forward(company: Company, who: e.User, target: str, forwards: int) -> tuple[str, ...]:
    """As people forward: the call stays one, says by whom it was sent on, and counts, for people forward in circles."""
    return (
        f"set forwarded_from={who.user}",
        f"set harmony_forwarded_by={who.user}",
        f"set harmony_forwards={forwards + 1}",
        f"transfer {target} XML {company.domain}",
    )


def group(company: Company, found: e.RingGroup) -> list[Step]:
    """Phones that ring at once or in turn; whoever does not want to be disturbed, or forwards all, is left out."""
    members = [company.users[name] for name in found.members if name in company.users]
    ringing = [who for who in members if who.enabled and not who.do_not_disturb and not who.forward_always]
    left_out = [name for name in found.members if name not in {who.user for who in ringing}]
    says = f"{found.number} is the ring group {found.name}"
    first = step(says + (f"; {', '.join(left_out)} left out (disturbed, forwarded, or gone)." if left_out else "."))
    if not ringing:
        return [first, _over(company, found)]
    domain, seconds = company.domain, found.ring_seconds
    if found.strategy == "simultaneous":
        how, between, options, limit = "at once", ",", "", f"set call_timeout={seconds}"
    else:  # FreeSWITCH prefers a call_timeout to the leg's own, and would end the turn with the first phone
        how, between, options, limit = "in turn", "|", f"[leg_timeout={seconds}]", "unset call_timeout"
    names = [who.user for who in ringing]
    groups = sorted({name for who in ringing for name in who.pickup_groups})
    ring = step(
        f"{', '.join(names)} ring {how}, {seconds} s{' each' if between == '|' else ''}.",
        "set hangup_after_bridge=true",
        "set ignore_early_media=true",
        "set continue_on_fail=true",
        limit,
        *(f"hash insert/{domain}-last_dial_ext/{name}/${{uuid}}" for name in names),
        *(f"hash insert/{domain}-last_dial_ext/group-{name}/${{uuid}}" for name in groups),
        "bridge " + between.join(f"{options}user/{name}@{domain}" for name in names),
    )
    return [first, ring, _over(company, found)]


def queue(company: Company, found: e.Queue) -> list[Step]:
    """A queue of mod_callcenter; its name carries the company's domain."""
    agents = ", ".join(agent.user for agent in found.agents) or "none"
    wait = f" at most {found.max_wait} s" if found.max_wait else ""
    return [
        step(f"{found.number} is the queue {found.name} (agents: {agents})."),
        step(
            f"The caller waits{wait} until an agent answers.",
            "answer",
            "set hangup_after_bridge=true",
            "set cc_export_vars=domain_name",
            f"set cc_moh_override={found.music or MUSIC}",
            f"callcenter {found.name}@{company.domain}",
        ),
        _over(company, found),
    ]


def conference(company: Company, found: e.Conference) -> list[Step]:
    """A room; its name carries the company's domain, so that two companies' rooms of one number are two rooms."""
    secret = f"+{found.pin}" if found.pin else ""
    says = f"{found.number} is the conference room {found.name}" + (", with a PIN." if found.pin else ".")
    return [step(says, "answer", f"conference {found.number}-{company.domain}@default{secret}")]


def park(company: Company, lot: e.ParkLot, number: str) -> Step:
    """A place to park a call, or to get it back; after the lot's time the call returns to who parked it."""
    back = "${regex(${sip_h_Referred-By}|sip:([0-9]+)@|%1)}"
    return step(
        f"{number} is a place of the park lot {lot.name}: a call is parked there or fetched back; it returns after "
        f"{lot.timeout} s.",
        "answer",
        f"set valet_parking_timeout={lot.timeout}",
        f"set valet_parking_orbit_exten={back}",
        f"set valet_parking_orbit_context={company.domain}",
        "set valet_parking_orbit_dialplan=XML",
        f"valet_park {lot.name}@{company.domain} {number}",
    )


def _over(company: Company, found: e.RingGroup | e.Queue | e.Menu) -> Step:
    if found.fallback:
        return step(f"Then: {found.fallback}.", f"transfer {found.fallback} XML {company.domain}")
    return step("Then: the caller is told that nobody answers.", "hangup NO_ANSWER")
