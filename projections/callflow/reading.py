"""From a switch event to facts: which headers of which event count, and which of them tie legs together.

Sources: FreeSWITCH switch_channel.c, switch_ivr_bridge.c, mod_sofia, mod_callcenter, mod_valet_parking,
mod_conference, mod_loopback, and recorded events. Only names of headers and their plain meaning belong in here; what
follows from them for a call is decided by `timeline`, `transfers` and `verdict`.
"""

import re
from collections.abc import Callable

from core.event import SwitchEvent
from core.headers import text
from projections.callflow import hops, standby
from projections.callflow.fact import Fact, Kind, Tie

Get = Callable[[str], str | None]
Fields = dict[str, str]

_SEQUENCE = (1 << 40) - 1
# Events of our own: what the bridge found out about a link or a leg. Their run is the bridge's, not a switch's.
OWN = "CUSTOM harmony::"

# The short names under which a leg's own description is kept.
_PROFILE = {
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
# Applications that say something about a call. All others (`set`, `export`, `hash`, ...) come by the dozen a call.
APPLICATIONS = frozenset(
    {
        "answer",
        "att_xfer",
        "bridge",
        "callcenter",
        "conference",
        "eavesdrop",
        "execute_extension",
        "fifo",
        "gentones",
        "intercept",
        "ivr",
        "park",
        "pickup",
        "phrase",
        "play_and_get_digits",
        "playback",
        "read",
        "say",
        "speak",
        "three_way",
        "transfer",
        "uuid_bridge",
        "valet_park",
        "voicemail",
    }
)
_COMMANDS = frozenset(
    {
        "originate",
        "sched_transfer",
        "uuid_bridge",
        "uuid_dual_transfer",
        "uuid_kill",
        "uuid_park",
        "uuid_transfer",
    }
)
_UUID = re.compile(r"[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")


_PAIR = b"h\x02k\x00"
_STRING, _NIL = 107, 106


def all_headers(event: SwitchEvent) -> Get:
    """A look-up over all headers at once, for events of which many are read: several times faster than one by one.

    In string encoding each pair begins with bytes that no C string can hold (`{`, then a name with a length below
    256), so that splitting finds them all; what does not fit that shape is looked up in the usual way.
    """
    found = {part[1 : part[0] + 1]: part for part in event.term.split(_PAIR) if part}

    def get(name: str) -> str | None:
        key = name.encode()
        part = found.get(key)
        if part is None:
            return None
        at = len(key) + 1
        tag = part[at] if at < len(part) else 0
        if tag == _STRING:
            return text(part[at + 3 : at + 3 + (part[at + 1] << 8 | part[at + 2])])
        return "" if tag == _NIL else event.get(name)

    return get if len(found) > 1 else event.get


def multiple(value: str) -> list[str]:
    """The values of a variable that holds several (`ARRAY::a|:b`), or its one value."""
    return value[len("ARRAY::") :].split("|:") if value.startswith("ARRAY::") else [value]


def _pick(get: Get, wanted: dict[str, str]) -> Fields:
    return {short: value for short, header in wanted.items() if (value := get(header))}


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


def _described(get: Get) -> tuple[Fields, list[Tie]]:
    data = _pick(get, _PROFILE)
    return _with_hop(data, get), _profile_ties(data)


def _with_hop(data: Fields, get: Get) -> Fields:
    if hop := hops.key(get):
        data["hop"] = hop
    return data


def _complete(get: Get) -> tuple[Fields, list[Tie]]:
    data = _with_hop(_pick(get, _PROFILE), get)
    ties = _profile_ties(data)
    # After the first transfer Other-Leg names whoever came last, and not who called this leg.
    ties = [tie for tie in ties if tie.why != "other_leg"]
    data.update(_pick(get, _ENDING))
    if data.get("refer"):
        ties.append(Tie(data["refer"], "refer_uuid"))
    _, _, transferred = data.get("transfer_to", "").partition(":")
    if _UUID.fullmatch(transferred):
        ties.append(Tie(transferred, "transfer_to"))
    for one in multiple(data.get("history", "")):
        how, _, other = one.rpartition(":")
        if how.endswith(":uuid_br") and other:
            ties.append(Tie(other, "transfer_history"))
    for one in multiple(data.pop("legs", "")):
        if one:
            ties.append(Tie(one.split(";")[0], "originated_legs"))
    return data, list(dict.fromkeys(ties))


def _bridge(get: Get) -> tuple[Fields, list[Tie]]:
    data = _pick(get, {"a": "Bridge-A-Unique-ID", "b": "Bridge-B-Unique-ID", "bridged": "Caller-Channel-Bridged-Time"})
    return data, [Tie(data[side], "bridge") for side in ("a", "b") if data.get(side)]


def _nothing(get: Get) -> tuple[Fields, list[Tie]]:
    return {}, []


def _rang(get: Get) -> tuple[Fields, list[Tie]]:
    """Ringing: of a leg that the switch itself led on to where its phone redirected it, the first word of that."""
    data = _pick(get, {"redirected": "variable_sip_redirected_to"})
    # A leg that another switch called is known by its first event.
    return _with_hop(data, get) if get("Call-Direction") == "outbound" else data, []


def _execute(get: Get) -> tuple[Fields, list[Tie]] | None:
    application = get("Application")
    if application not in APPLICATIONS:
        return None
    data = {"app": application}
    data.update(
        _pick(
            get,
            {
                "arguments": "Application-Data",
                "id": "Application-UUID",
                "destination": "Caller-Destination-Number",
                "context": "Caller-Context",
                "domain": "variable_domain_name",
            },
        )
    )
    if application == "eavesdrop":
        data["mode"] = _mode(get)
    ties = []
    if application in ("three_way", "uuid_bridge") and _UUID.fullmatch(data.get("arguments", "").strip()):
        ties.append(Tie(data["arguments"].strip(), application))
    return data, ties


def _mode(get: Get) -> str:
    """How somebody listens in, by the variables that mod_dptools reads before it begins; keys may change it unseen."""
    heard = [get(f"variable_eavesdrop_whisper_{leg}") == "true" for leg in ("aleg", "bleg")]
    return "barge" if all(heard) else "whisper" if any(heard) else "listen"


def _executed(get: Get) -> tuple[Fields, list[Tie]] | None:
    application = get("Application")
    if application not in APPLICATIONS:
        return None
    return {"app": application, **_pick(get, {"id": "Application-UUID"})}, []


def _call_state(event: SwitchEvent) -> list[Fact]:
    """Hold as the state of a call tells it: with bypass media there is no HOLD (switch_channel.c, mark_hold).

    These events come by the dozen a call, and all but those of a hold are told from a glance at their bytes.
    """
    if b"HELD" not in event.term or not event.leg:
        return []
    state, before = event.get("Channel-Call-State"), event.get("Original-Channel-Call-State")
    if state == "HELD":
        return [_fact(event, "hold", event.leg, {}, [])]
    return [_fact(event, "unhold", event.leg, {}, [])] if before == "HELD" else []


def _renamed(get: Get) -> tuple[Fields, list[Tie]]:
    old = get("Old-Unique-ID") or ""
    return {"old": old}, [Tie(old, "renamed")] if old else []


def _valet(get: Get) -> tuple[Fields, list[Tie]]:
    data = _pick(
        get,
        {"action": "Action", "lot": "Valet-Extension", "lot_name": "Valet-Lot-Name", "to": "Bridge-To-UUID"},
    )
    return data, [Tie(data["to"], "valet_park")] if data.get("to") else []


def _conference(get: Get) -> tuple[Fields, list[Tie]] | None:
    action = get("Action")
    if action not in ("add-member", "del-member"):
        return None
    return {
        "action": action,
        **_pick(get, {"room": "Conference-Name", "domain": "Conference-Domain", "room_id": "Conference-Unique-ID"}),
    }, []


def _record(get: Get) -> tuple[Fields, list[Tie]]:
    return _pick(get, {"file": "Record-File-Path"}), []


def _alive(get: Get) -> tuple[Fields, list[Tie]]:
    data = _pick(get, _PROFILE)
    data.update(
        _pick(
            get,
            {
                "created": "Harmony-Created",
                "name": "Harmony-Name",
                "number": "Harmony-Number",
                "destination": "Harmony-Destination",
                "context": "Harmony-Context",
                "direction": "Harmony-Direction",
                "presence": "Harmony-Presence",
            },
        )
    )
    return data, []


def _gone(get: Get) -> tuple[Fields, list[Tie]]:
    return _pick(get, {"since": "Harmony-Since"}), []


# Kinds of facts for which most of an event is read.
_RICH = frozenset({"create", "answer", "complete", "alive"})
Reader = Callable[[Get], tuple[Fields, list[Tie]] | None]
_READERS: dict[str, tuple[Kind, Reader]] = {
    "CHANNEL_CREATE": ("create", _described),
    "CHANNEL_ANSWER": ("answer", _described),
    "CHANNEL_PROGRESS": ("progress", _rang),
    "CHANNEL_PROGRESS_MEDIA": ("early", _rang),
    "CHANNEL_BRIDGE": ("bridge", _bridge),
    "CHANNEL_UNBRIDGE": ("unbridge", _bridge),
    "CHANNEL_HOLD": ("hold", _nothing),
    "CHANNEL_UNHOLD": ("unhold", _nothing),
    "CHANNEL_EXECUTE": ("execute", _execute),
    "CHANNEL_EXECUTE_COMPLETE": ("executed", _executed),
    "CHANNEL_HANGUP": ("hangup", lambda get: (_pick(get, {"cause": "Hangup-Cause", "bowout": _BOWOUT}), [])),
    "CHANNEL_HANGUP_COMPLETE": ("complete", _complete),
    "CHANNEL_UUID": ("renamed", _renamed),
    "RECORD_START": ("record", _record),
    "RECORD_STOP": ("recorded", _record),
    "CUSTOM valet_parking::info": ("valet", _valet),
    "CUSTOM conference::maintenance": ("conference", _conference),
    "CUSTOM harmony::channel_alive": ("alive", _alive),
    "CUSTOM harmony::channel_gone": ("gone", _gone),
}
_BOWOUT = "variable_loopback_bowout_other_uuid"
_QUEUE_ACTIONS = {
    "member-queue-start": "enter",
    "bridge-agent-start": "served",
    "member-queue-end": "leave",
    "push": "enter",
    "bridge-caller-start": "served",
    "abort": "leave",
}
# Events about a switch and not about one leg: `fold` makes facts of the legs that they concern.
SWITCH_TOPICS = frozenset({"HEARTBEAT", "CUSTOM harmony::link_down", "CUSTOM harmony::link_up"})
TOPICS = (
    frozenset(_READERS)
    | SWITCH_TOPICS
    | {
        "API",
        "BACKGROUND_JOB",
        "CHANNEL_CALLSTATE",
        "CUSTOM callcenter::info",
        "CUSTOM fifo::info",
        "CUSTOM loopback::bowout",
    }
)


def _queue(event: SwitchEvent, get: Get) -> list[Fact]:
    said = get("CC-Action") or get("FIFO-Action") or ""
    action = _QUEUE_ACTIONS.get(said)
    member = get("CC-Member-Session-UUID") or event.leg
    if said == "bridge-agent-end" and member and event.leg and standby.LINE in event.term and standby.stands_by(get):
        parted = _fact(event, "queue", member, {}, [])
        return standby.over(parted, event.leg, get("variable_sip_hangup_disposition") or "")
    if action is None or not member:
        return []
    data = {"action": action}
    data.update(_pick(get, {"agent": "CC-Agent", "cause": "CC-Cause", "reason": "CC-Cancel-Reason"}))
    data["queue"] = get("CC-Queue") or get("FIFO-Name") or ""
    agent = get("CC-Agent-UUID")
    if action == "served" and agent and standby.LINE in event.term and standby.stands_by(get):
        return standby.begun(_fact(event, "queue", member, data, []), agent, _pick(get, _PROFILE))
    # Who served has been told; at the end the agent may long be with somebody else.
    ties = [Tie(agent, "callcenter")] if agent and action != "leave" else []
    return [_fact(event, "queue", member, data, ties)]


def _command(event: SwitchEvent, get: Get) -> list[Fact]:
    """An API command that moves legs. The same command may show as API and as BACKGROUND_JOB: each is a fact."""
    command = get("API-Command") or get("Job-Command") or ""
    if command not in _COMMANDS:
        return []
    arguments = get("API-Command-Argument") or get("Job-Command-Arg") or ""
    data = {"command": command, "arguments": arguments, "job": get("Job-UUID") or ""}
    if command == "originate":
        answer = re.fullmatch(r"\+OK (\S+)\s*", (get("body") or "").strip())
        return [_fact(event, "command", answer[1], data, [])] if answer else []
    words = arguments.split()[1 if command == "sched_transfer" else 0 :]
    return [_fact(event, "command", words[0], data, [])] if words else []


def _bowout(event: SwitchEvent, get: Get) -> list[Fact]:
    legs = [leg for name in ("Resigning-UUID", "Resigning-Peer-UUID", "Acquired-UUID") if (leg := get(name))]
    return [_fact(event, "bowout", legs[0], {}, [Tie(leg, "loopback_bowout") for leg in legs[1:]])] if legs else []


def _fact(event: SwitchEvent, kind: Kind, leg: str, data: Fields, ties: list[Tie]) -> Fact:
    return Fact(
        at=event.occurred_at,
        run=event.version >> 40,
        seq=event.version & _SEQUENCE,
        kind=kind,
        leg=leg,
        position=event.position,
        switch=(event.get("Harmony-Switch") or event.switch) if event.topic.startswith(OWN) else event.switch,
        data=data,
        ties=tuple(tie for tie in ties if tie.leg != leg),
    )


def read(event: SwitchEvent) -> list[Fact]:
    """The facts in one event; none for an event that says nothing about a call."""
    topic = event.topic
    if topic in ("CUSTOM callcenter::info", "CUSTOM fifo::info"):
        return _queue(event, event.get)
    if topic in ("API", "BACKGROUND_JOB"):
        return _command(event, event.get)
    if topic == "CUSTOM loopback::bowout":
        return _bowout(event, event.get)
    if topic == "CHANNEL_CALLSTATE":
        return _call_state(event)
    reader = _READERS.get(topic)
    if reader is None:
        return []
    leg = event.get("Unique-ID")
    if not leg:
        return []
    kind, take = reader
    taken = take(all_headers(event) if kind in _RICH else event.get)
    if taken is None:
        return []
    found = [_fact(event, kind, leg, *taken)]
    if standby.LINE in event.term:
        return standby.of_line(found, event.get)
    return standby.of_caller(found, event.get) if standby.CALLER in event.term else found
