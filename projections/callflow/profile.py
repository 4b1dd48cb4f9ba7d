"""What a leg says of itself in its own events: who it is, where it was sent, how it ended, which legs it belongs to.

Sources: FreeSWITCH switch_channel.c (`switch_channel_event_set_extended_data`), switch_caller.c, mod_sofia.
"""

import re

from projections.callflow import hops
from projections.callflow.fact import Tie
from projections.callflow.headers import Fields, Get, multiple, pick

# The short names under which a leg's own description is kept.
PROFILE = {
    "name": "Channel-Name",
    "direction": "Call-Direction",
    "presence": "Channel-Presence-ID",
    "number": "Caller-Caller-ID-Number",
    "caller_name": "Caller-Caller-ID-Name",
    "destination": "Caller-Destination-Number",
    "context": "Caller-Context",
    "created": "Caller-Channel-Created-Time",
    "answered": "Caller-Channel-Answered-Time",
    "other": "Other-Leg-Unique-ID",
    "other_type": "Other-Type",
    "user": "variable_user_name",
    "alias": "variable_number_alias",
    "domain": "variable_domain_name",
    "company": "variable_harmony_company",
    "realm": "variable_sip_auth_realm",
    "dialed_user": "variable_dialed_user",
    "dialed_domain": "variable_dialed_domain",
    "gateway": "variable_sip_gateway_name",
    "full_name": "variable_effective_caller_id_name",
    "originator": "variable_originator",
    "member": "variable_cc_member_session_uuid",
    "agent": "variable_cc_agent",
    "loopback": "variable_other_loopback_leg_uuid",
    "sip_call_id": "variable_sip_call_id",
    "requested": "variable_sip_req_user",
    "recovered": "variable_recovered",
    "referred_by": "variable_sip_h_Referred-By",
    "redirected": "variable_sip_redirected_to",
}
_ENDING = {
    "cause": "Hangup-Cause",
    "disposition": "variable_sip_hangup_disposition",
    "originate": "variable_originate_disposition",
    "status": "variable_sip_term_status",
    "endpoint": "variable_endpoint_disposition",
    "refer": "variable_refer_uuid",
    "transfer_to": "variable_transfer_to",
    "history": "variable_transfer_history",
    "redirect": "variable_sip_redirect_contact_user_0",
    "legs": "variable_originated_legs",
    "hungup": "Caller-Channel-Hangup-Time",
    "bridged": "Caller-Channel-Bridged-Time",
    "elsewhere": "variable_call_completed_elsewhere",
    "heard": "variable_rtp_audio_in_media_packet_count",
}
UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


def _profile_ties(data: Fields) -> list[Tie]:
    ties = [
        Tie(data[key], why) for key, why in (("originator", "originator"), ("loopback", "loopback")) if data.get(key)
    ]
    if data.get("direction") == "outbound":
        if data.get("member"):
            ties.append(Tie(data["member"], "cc_member_session_uuid"))
        if data.get("other_type") == "originator" and data.get("other"):
            ties.append(Tie(data["other"], "other_leg"))
    return ties


def described(get: Get) -> tuple[Fields, list[Tie]]:
    """What an event says of its own leg."""
    data = pick(get, PROFILE)
    return with_hop(data, get), _profile_ties(data)


def with_hop(data: Fields, get: Get) -> Fields:
    """The same, with what the other end of a hop would find it by."""
    if hop := hops.key(get):
        data["hop"] = hop
    return data


def completed(get: Get) -> tuple[Fields, list[Tie]]:
    """The last event of a leg: all that is known of it, and how it ended."""
    data = with_hop(pick(get, PROFILE), get)
    ties = _profile_ties(data)
    # After the first transfer Other-Leg names whoever came last, and not who called this leg.
    ties = [tie for tie in ties if tie.why != "other_leg"]
    data.update(pick(get, _ENDING))
    if data.get("refer"):
        ties.append(Tie(data["refer"], "refer_uuid"))
    _, _, transferred = data.get("transfer_to", "").partition(":")
    if UUID.fullmatch(transferred):
        ties.append(Tie(transferred, "transfer_to"))
    for entry in multiple(data.get("history", "")):
        how, _, other = entry.rpartition(":")
        if how.endswith(":uuid_br") and other:
            ties.append(Tie(other, "transfer_history"))
    for originated in multiple(data.pop("legs", "")):
        if originated:
            ties.append(Tie(originated.split(";")[0], "originated_legs"))
    return data, list(dict.fromkeys(ties))
