"""The headers of an emulated switch's events: which, in which order, as mod_erlang_event sends them.

Distilled from recorded events of FreeSWITCH 1.11 (tests/captures): the head of every event, what a channel says of
itself, whose variables follow in which event.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Final

from bridge.emulator.exchange.channel import NUMBER, Channel, Other, Profile, Times

Header = tuple[str, str]

# Events in which a channel does not tell its variables.
BARE: Final = frozenset(
    {
        "CHANNEL_STATE",
        "CHANNEL_CALLSTATE",
        "CHANNEL_OUTGOING",
        "CHANNEL_UUID",
        "CODEC",
        "DTMF",
        "PRESENCE_IN",
        "PRIVATE_COMMAND",
        "CUSTOM conference::maintenance",
    }
)
# Where in its source the switch makes each of them.
CALLING: Final = {
    "API": "switch_loadable_module.c switch_api_execute 3140",
    "BACKGROUND_JOB": "handle_msg.c api_exec 84",
    "CALL_UPDATE": "mod_sofia.c sofia_receive_message 2133",
    "CHANNEL_ANSWER": "switch_channel.c switch_channel_perform_mark_answered 3848",
    "CHANNEL_BRIDGE": "switch_ivr_bridge.c switch_ivr_multi_threaded_bridge 1689",
    "CHANNEL_CALLSTATE": "switch_channel.c switch_channel_perform_set_callstate 302",
    "CHANNEL_CREATE": "switch_core_state_machine.c switch_core_session_run 626",
    "CHANNEL_DESTROY": "switch_core_session.c switch_core_session_perform_destroy 1588",
    "CHANNEL_EXECUTE": "switch_core_session.c switch_core_session_exec 2949",
    "CHANNEL_EXECUTE_COMPLETE": "switch_core_session.c switch_core_session_exec 2972",
    "CHANNEL_HANGUP": "switch_channel.c switch_channel_perform_hangup 3447",
    "CHANNEL_HANGUP_COMPLETE": "switch_core_state_machine.c switch_core_session_reporting_state 943",
    "CHANNEL_HOLD": "switch_ivr.c switch_ivr_hold 1558",
    "CHANNEL_ORIGINATE": "switch_core_state_machine.c switch_core_session_run 632",
    "CHANNEL_OUTGOING": "switch_core_session.c switch_core_session_outgoing_channel 768",
    "CHANNEL_PARK": "switch_ivr.c switch_ivr_park 1002",
    "CHANNEL_PROGRESS": "switch_channel.c switch_channel_perform_mark_ring_ready_value 3507",
    "CHANNEL_STATE": "switch_channel.c switch_channel_perform_set_running_state 2409",
    "CHANNEL_UNBRIDGE": "switch_ivr_bridge.c switch_ivr_multi_threaded_bridge 1879",
    "CHANNEL_UNHOLD": "switch_ivr.c switch_ivr_unhold 1638",
    "CHANNEL_UNPARK": "switch_ivr.c switch_ivr_park 1213",
    "CHANNEL_UUID": "switch_core_session.c switch_core_session_set_uuid 2056",
    "HEARTBEAT": "switch_core.c send_heartbeat 95",
    "MEDIA_BUG_START": "switch_core_media_bug.c switch_core_media_bug_add 1014",
    "MEDIA_BUG_STOP": "switch_core_media_bug.c switch_core_media_bug_destroy 84",
    "PLAYBACK_START": "switch_ivr_play_say.c switch_ivr_play_file 1649",
    "PLAYBACK_STOP": "switch_ivr_play_say.c switch_ivr_play_file 2023",
    "PRESENCE_IN": "switch_channel.c switch_channel_perform_presence 806",
    "PRIVATE_COMMAND": "switch_ivr.c switch_ivr_parse_next_event 804",
}
_CODEC: Final = (
    ("Channel-Read-Codec-Name", "PCMU"),
    ("Channel-Read-Codec-Rate", "8000"),
    ("Channel-Read-Codec-Bit-Rate", "64000"),
    ("Channel-Write-Codec-Name", "PCMU"),
    ("Channel-Write-Codec-Rate", "8000"),
    ("Channel-Write-Codec-Bit-Rate", "64000"),
)
_PROFILE: Final = (
    ("direction", "Direction"),
    ("logical_direction", "Logical-Direction"),
    ("username", "Username"),
    ("dialplan", "Dialplan"),
    ("caller_name", "Caller-ID-Name"),
    ("caller_number", "Caller-ID-Number"),
    ("original_name", "Orig-Caller-ID-Name"),
    ("original_number", "Orig-Caller-ID-Number"),
    ("callee_name", "Callee-ID-Name"),
    ("callee_number", "Callee-ID-Number"),
    ("network", "Network-Addr"),
    ("ani", "ANI"),
    ("destination", "Destination-Number"),
    ("uuid", "Unique-ID"),
    ("source", "Source"),
    ("transfer_source", "Transfer-Source"),
    ("context", "Context"),
    ("rdnis", "RDNIS"),
    ("channel_name", "Channel-Name"),
)
_TIMES: Final = (
    ("profile", "Profile-Created-Time"),
    ("created", "Channel-Created-Time"),
    ("answered", "Channel-Answered-Time"),
    ("progress", "Channel-Progress-Time"),
    ("media", "Channel-Progress-Media-Time"),
    ("hangup", "Channel-Hangup-Time"),
    ("transfer", "Channel-Transfer-Time"),
    ("resurrect", "Channel-Resurrect-Time"),
    ("bridged", "Channel-Bridged-Time"),
    ("last_hold", "Channel-Last-Hold"),
    ("hold_accum", "Channel-Hold-Accum"),
)
_SHOWN: Final = (("Screen-Bit", "true"), ("Privacy-Hide-Name", "false"), ("Privacy-Hide-Number", "false"))


def stamp(micros: int) -> str:
    """Return an instant as the switch writes it in the zone that it is in (UTC here)."""
    return time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(micros // 1_000_000))


def opening(name: str, subclass: str, core_uuid: str, now: int, sequence: int) -> list[Header]:
    """Return what every event begins with."""
    calling = CALLING.get(f"{name} {subclass}".strip()) or CALLING.get(name) or "emulated.c emulated 1"
    file, function, line = calling.split(" ")
    first = [("Event-Subclass", subclass)] if subclass else []
    return [
        *first,
        ("Event-Name", name),
        ("Core-UUID", core_uuid),
        ("FreeSWITCH-Hostname", "emulated"),
        ("FreeSWITCH-Switchname", "emulated"),
        ("FreeSWITCH-IPv4", "127.0.0.1"),
        ("FreeSWITCH-IPv6", "::1"),
        ("Event-Date-Local", stamp(now)),
        ("Event-Date-GMT", time.strftime("%a, %d %b %Y %H:%M:%S GMT", time.gmtime(now // 1_000_000))),
        ("Event-Date-Timestamp", str(now)),
        ("Event-Calling-File", file),
        ("Event-Calling-Function", function),
        ("Event-Calling-Line-Number", line),
        ("Event-Sequence", str(sequence)),
    ]


def of_channel(channel: Channel) -> Iterator[Header]:
    """Yield what a channel says of itself (switch_channel_event_set_basic_data and the profiles)."""
    yield "Channel-State", channel.running
    yield "Channel-Call-State", channel.call_state
    yield "Channel-State-Number", str(NUMBER[channel.state])
    yield "Channel-Name", channel.name
    yield "Unique-ID", channel.uuid
    yield "Call-Direction", channel.profile.direction
    yield "Presence-Call-Direction", channel.profile.direction
    yield "Channel-HIT-Dialplan", "true" if channel.hit_dialplan else "false"
    if channel.presence and channel.running != "CS_NONE":
        yield "Channel-Presence-ID", channel.presence
    yield "Channel-Call-UUID", channel.call_uuid or channel.uuid
    yield "Answer-State", channel.answer
    if channel.cause:
        yield "Hangup-Cause", channel.cause
    if channel.codec:
        yield from _CODEC
    if channel.running == "CS_NEW" and not channel.codec:
        return
    yield from _of_profile("Caller", channel.profile, channel.times, channel.index)
    if channel.other is not None:
        yield from _of_other(channel.other)


def _of_other(other: Other) -> Iterator[Header]:
    yield "Other-Type", other.kind
    yield from _of_profile("Other-Leg", other.profile, other.times, None)


def _of_profile(prefix: str, profile: Profile, times: Times, index: int | None) -> Iterator[Header]:
    for name, header in _PROFILE:
        value = getattr(profile, name)
        if value:
            yield f"{prefix}-{header}", value
    if index is not None:
        yield f"{prefix}-Profile-Index", str(index)
    for name, header in _TIMES:
        yield f"{prefix}-{header}", str(getattr(times, name))
    for header, value in _SHOWN:
        yield f"{prefix}-{header}", value


def of_variables(channel: Channel) -> Iterator[Header]:
    """Yield a channel's variables."""
    for name, value in channel.variables.items():
        yield f"variable_{name}", value
