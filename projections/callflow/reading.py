"""From a switch event to facts: which headers of which event count, and which of them tie legs together.

Sources: FreeSWITCH switch_channel.c, switch_ivr_bridge.c, mod_sofia, mod_callcenter, mod_valet_parking,
mod_conference, mod_loopback, and recorded events. Only names of headers and their plain meaning belong in here; what
follows from them for a call is decided by `timeline`, `transfers` and `verdict`.
"""

from collections.abc import Callable

from core.event import SwitchEvent
from projections.callflow import consumer, mentions, own_switches, related, standby
from projections.callflow.fact import Fact, Kind, Tie, fact_of
from projections.callflow.headers import Fields, Get, all_headers, pick
from projections.callflow.profile import PROFILE, UUID, completed, described, with_hop

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


def _bridge(get: Get) -> tuple[Fields, list[Tie]]:
    data = pick(get, {"a": "Bridge-A-Unique-ID", "b": "Bridge-B-Unique-ID", "bridged": "Caller-Channel-Bridged-Time"})
    return data, [Tie(data[side], "bridge") for side in ("a", "b") if data.get(side)]


def _nothing(get: Get) -> tuple[Fields, list[Tie]]:
    return {}, []


def _rang(get: Get) -> tuple[Fields, list[Tie]]:
    """Ringing: of a leg that the switch itself led on to where its phone redirected it, the first word of that."""
    data = pick(get, {"redirected": "variable_sip_redirected_to"})
    # A leg that another switch called is known by its first event.
    if get("Call-Direction") == "outbound" and "hop" in with_hop(data, get):
        # Whose it is has to be known before it meets its other end.
        data |= pick(get, {"domain": "variable_domain_name", "company": "variable_harmony_company"})
    return data, []


def _made(get: Get) -> tuple[Fields, list[Tie]]:
    data, ties = described(get)
    if like := related.likeness(data):
        data["like"] = like
    return data, ties


def _execute(get: Get) -> tuple[Fields, list[Tie]] | None:
    application = get("Application")
    if application not in APPLICATIONS:
        return None
    data = {"app": application}
    data.update(
        pick(
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
    if application == "transfer" and (short := get("variable_harmony_speed_dial")):
        data["speed_dial"] = short
    if application == "eavesdrop":
        data["mode"] = _mode(get)
    ties = []
    if application in ("three_way", "uuid_bridge") and UUID.fullmatch(data.get("arguments", "").strip()):
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
    return {"app": application, **pick(get, {"id": "Application-UUID"})}, []


def _call_state(event: SwitchEvent) -> list[Fact]:
    """Hold as the state of a call tells it: with bypass media there is no HOLD (switch_channel.c, mark_hold).

    These events come by the dozen a call, and all but those of a hold are told from a glance at their bytes.
    """
    if b"HELD" not in event.term or not event.leg:
        return []
    state, before = event.get("Channel-Call-State"), event.get("Original-Channel-Call-State")
    if state == "HELD":
        return [fact_of(event, "hold", event.leg, {}, [])]
    return [fact_of(event, "unhold", event.leg, {}, [])] if before == "HELD" else []


def _renamed(get: Get) -> tuple[Fields, list[Tie]]:
    old = get("Old-Unique-ID") or ""
    return {"old": old}, [Tie(old, "renamed")] if old else []


def _valet(get: Get) -> tuple[Fields, list[Tie]]:
    data = pick(
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
        **pick(get, {"room": "Conference-Name", "domain": "Conference-Domain", "room_id": "Conference-Unique-ID"}),
    }, []


def _record(get: Get) -> tuple[Fields, list[Tie]]:
    return pick(get, {"file": "Record-File-Path"}), []


def _alive(get: Get) -> tuple[Fields, list[Tie]]:
    data = pick(get, PROFILE)
    data.update(
        pick(
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
    return pick(get, {"since": "Harmony-Since"}), []


# Kinds of facts for which most of an event is read.
_RICH = frozenset({"create", "answer", "complete", "alive"})
Reader = Callable[[Get], tuple[Fields, list[Tie]] | None]
_READERS: dict[str, tuple[Kind, Reader]] = {
    "CHANNEL_CREATE": ("create", _made),
    "CHANNEL_ANSWER": ("answer", described),
    "CHANNEL_PROGRESS": ("progress", _rang),
    "CHANNEL_PROGRESS_MEDIA": ("early", _rang),
    "CHANNEL_BRIDGE": ("bridge", _bridge),
    "CHANNEL_UNBRIDGE": ("unbridge", _bridge),
    "CHANNEL_HOLD": ("hold", _nothing),
    "CHANNEL_UNHOLD": ("unhold", _nothing),
    "CHANNEL_EXECUTE": ("execute", _execute),
    "CHANNEL_EXECUTE_COMPLETE": ("executed", _executed),
    "CHANNEL_HANGUP": ("hangup", lambda get: (pick(get, {"cause": "Hangup-Cause", "bowout": _BOWOUT}), [])),
    "CHANNEL_HANGUP_COMPLETE": ("complete", completed),
    "CHANNEL_UUID": ("renamed", _renamed),
    "RECORD_START": ("record", _record),
    "RECORD_STOP": ("recorded", _record),
    "CUSTOM valet_parking::info": ("valet", _valet),
    "CUSTOM conference::maintenance": ("conference", _conference),
    "CUSTOM harmony::channel_alive": ("alive", _alive),
    "CUSTOM harmony::channel_gone": ("gone", _gone),
}
_BOWOUT = "variable_loopback_bowout_other_uuid"
# Events about a switch and not about one leg: `fold` makes facts of the legs that they concern.
SWITCH_TOPICS = frozenset({"HEARTBEAT", "CUSTOM harmony::link_down", "CUSTOM harmony::link_up", own_switches.TOPIC})
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


def read(event: SwitchEvent) -> list[Fact]:
    """The facts in one event; none for an event that says nothing about a call."""
    topic = event.topic
    if topic in ("CUSTOM callcenter::info", "CUSTOM fifo::info"):
        return mentions.of_queue(event, event.get)
    if topic in ("API", "BACKGROUND_JOB"):
        return mentions.of_command(event, event.get)
    if topic == "CUSTOM loopback::bowout":
        return mentions.of_bowout(event, event.get)
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
    found = [fact_of(event, kind, leg, *taken)]
    if consumer.LINE in event.term:
        return consumer.of_fifo(found, event.get)
    if standby.LINE in event.term:
        return standby.of_line(found, event.get)
    return standby.of_caller(found, event.get) if standby.CALLER in event.term else found
