"""A plan as the dialplan that FreeSWITCH executes: one context, one extension, whatever was dialled."""

from __future__ import annotations

import re
from typing import Final

from bridge.fetch.inside import MOST_FORWARDS
from bridge.fetch.plan import Plan, Step, step
from bridge.fetch.request import Request
from bridge.fetch.route import FEATURES, PUBLIC, Caller, route
from bridge.fetch.xml import document, element
from core.numbers import number
from core.registry import Registry

_REFERRED: Final = re.compile(r"<?sips?:([0-9A-Za-z*#+._-]{1,64})@([0-9A-Za-z.-]{1,255})[>:;]?.*")
ATT_XFER: Final = step(
    "The feature code for an attended transfer: the number is read, and called beside the call.",
    "read 2 11 tone_stream://%(10000,0,350,440) digits 5000 #",
    "set attxfer_cancel_key=#",
    "att_xfer user/${digits}@${domain_name}",
)


def dialplan(registry: Registry, request: Request) -> str | None:
    """Return the dialplan for a leg, None where the switch must look into its own files."""
    context = request.get("Hunt-Context", "Caller-Context")
    number = request.get("Hunt-Destination-Number", "Caller-Destination-Number")
    if context is None or number is None:
        return None
    if context == FEATURES:
        domain = request.get("variable_domain_name")
        known = domain is not None and registry.company(domain) is not None
        return rendered(Plan(context, number, (ATT_XFER,))) if known and number == "att_xfer" else None
    calling = caller(registry, context, request)
    plan = route(registry, context, number, calling)
    return None if plan is None else rendered(_preamble(plan, calling.user))


def caller(registry: Registry, context: str, request: Request) -> Caller:
    """Return who calls: a user only by what the switch authenticated, in the company whose context it is."""
    user = _user(registry, context, request.get("variable_user_name"), request.get("variable_domain_name"))
    return Caller(
        user=user,
        number=request.get("Caller-Caller-ID-Number"),
        forwarded_by=request.get("variable_harmony_forwarded_by"),
        ringing=request.get("variable_harmony_ringing"),
        forwards=_forwards(request.get("variable_harmony_forwards")),
        sent_by=_sent_by(registry, context, request),
    )


def _forwards(told: str | None) -> int:
    """How often the call was forwarded; what cannot be read lets nobody forward it once more."""
    return 0 if not told else MOST_FORWARDS if (found := number(told, MOST_FORWARDS)) is None else found


def _user(registry: Registry, context: str, user: str | None, domain: str | None) -> str | None:
    return user if user is not None and domain == context and registry.user(context, user) is not None else None


def _sent_by(registry: Registry, context: str, request: Request) -> str | None:
    """Whoever transferred a leg into the dialplan, of a leg that is the company's own: one from outside that our
    dialplan brought in, or a phone that was rung. Without a word of who did, it is for the phone's user alone."""
    rung = None
    if request.get("Caller-Direction") == "outbound":
        rung = _user(registry, context, request.get("variable_dialed_user"), request.get("variable_dialed_domain"))
    if rung is None and request.get("variable_harmony_company") != context:
        return None
    said = request.get("variable_sip_h_Referred-By")
    if said is None:
        return rung
    match = _REFERRED.fullmatch(said)
    return _user(registry, context, match[1], match[2]) if match is not None else None


def _preamble(plan: Plan, user: str | None) -> Plan:
    """What every leg of a company gets first; a user's leg can be found by the user, never by the number it shows."""
    if plan.context == PUBLIC:
        return plan
    domain = plan.context
    first: Step = step(
        f"The call is in the company {domain}.",
        f"set domain_name={domain}",
        f"export domain_name={domain}",
        *([f"hash insert/{domain}-spymap/{user}/${{uuid}}"] if user is not None else []),
    )
    return Plan(plan.context, plan.number, (first, *plan.steps))


def rendered(plan: Plan) -> str:
    """Return the XML of a plan."""
    actions = [
        element("action", application=name, data=data) if data else element("action", application=name)
        for name, data in plan.actions
    ]
    condition = element("condition", *actions, field="destination_number", expression="^.*$")
    extension = element("extension", condition, name="harmony")
    return document("dialplan", element("context", extension, name=plan.context))
