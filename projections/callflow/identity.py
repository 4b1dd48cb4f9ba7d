"""For whom each leg stands: whose phone, or whose number, and by which name he goes in this call.

A leg's own words are believed at their first saying: transfers and pickups overwrite numbers and destinations later
(FreeSWITCH switch_ivr.c, `switch_ivr_session_transfer`). What an outsider shows proves nothing.
"""

import re
from collections.abc import Mapping

from projections.callflow.leg import Leg

_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}|.*:.*")
_CONTACT = re.compile(r"sips?:(?P<user>[^@;>]+)@(?P<host>[^:;>]+)")


def name_user(leg: Leg, data: Mapping[str, str]) -> None:
    """Whose phone the leg is, where the switch knows a user of ours; the first word counts."""
    if leg.user is not None:
        return
    if leg.direction == "outbound":
        if data.get("gateway"):
            return
        if data.get("dialed_user"):
            leg.party, leg.outsider = data["dialed_user"], False
            domain = data.get("dialed_domain") or data.get("domain", "")
            leg.user = f"{data['dialed_user']}@{domain}" if domain else data["dialed_user"]
        elif "@" in data.get("presence", "") and not _ADDRESS.fullmatch(data["presence"].partition("@")[2]):
            leg.user, leg.outsider = data["presence"], False
            leg.party = data["presence"].partition("@")[0]
    elif data.get("user"):
        domain = data.get("realm") or data.get("domain", "")
        leg.user = f"{data['user']}@{domain}" if domain else data["user"]
        leg.party, leg.outsider = data.get("alias") or data["user"], False


def name_party(leg: Leg) -> None:
    """Who it is when all its facts are in, user or not."""
    if not leg.party:
        called = leg.direction == "outbound"
        leg.party = (leg.destination if called else leg.number) or leg.number or leg.destination or "unknown"
    _follow_redirect(leg)


def _follow_redirect(leg: Leg) -> None:
    """A phone redirected (302) and the switch followed within the leg: it is the target's from then on.

    mod_sofia does so where the caller's line is answered already (sofia.c, `sip_redirected_to`). The caller's own leg
    and those that are made after it carry the variable, too, and have rung or been answered for somebody else.
    """
    target = _CONTACT.search(leg.redirected_to)
    if leg.direction != "outbound" or target is None or target["user"] == leg.party:
        leg.redirected_to = ""
        return
    leg.redirected_from, leg.party = leg.party, target["user"]
    domain = (leg.user or "").partition("@")[2]
    inside = bool(domain) and target["host"] == domain
    leg.user, leg.outsider = (f"{leg.party}@{domain}", False) if inside else (None, True)


def distinguish(legs: dict[str, Leg]) -> None:
    """Two people of one number: whoever is not of the first one's company goes by the full name, and so does a user
    of ours where somebody from outside shows his number. What an outsider shows proves nothing.
    """
    shown = {
        leg.party
        for leg in legs.values()
        if leg.outsider and leg.real and leg.begin_seen and leg.direction == "inbound"
    }
    first: dict[str, str | None] = {}
    for leg in sorted(legs.values(), key=lambda leg: (leg.created_at, leg.first_order)):
        if not leg.user or leg.hidden:
            continue
        if first.setdefault(leg.party, leg.user) != leg.user or leg.party in shown:
            leg.party = leg.user


def name_transferors(legs: dict[str, Leg]) -> None:
    """Who consults and then transfers is one person, however his number is written on either leg."""
    for leg in legs.values():
        consult = legs.get(leg.refer)
        if consult is not None and consult.last_seen and leg.user is None and consult.user is None:
            consult.party = leg.party
