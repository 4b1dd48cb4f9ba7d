"""The life of a channel: its states in order, and what may happen to it in any of them (answer, ring, hang up).

Sources: FreeSWITCH switch_core_state_machine.c and switch_channel.c; order and headers are those of recorded calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from bridge.emulator.exchange.channel import CALL_STATES, Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.headers import Header
from bridge.emulator.exchange.records import account
from bridge.emulator.exchange.threads import Thread, Wait

Handler = Callable[[Exchange, Channel], Thread[None] | None]
HANDLERS: Final[dict[str, Handler]] = {}
"""what a channel's thread does in a state; the modules that know put themselves in"""
AT_END: Final[list[Callable[[Exchange, Channel], None]]] = []
"""what modules do when a leg ends"""
CAUSES: Final = {
    "UNALLOCATED_NUMBER": (1, 404),
    "NO_ROUTE_DESTINATION": (3, 404),
    "NORMAL_CLEARING": (16, 200),
    "USER_BUSY": (17, 486),
    "NO_USER_RESPONSE": (18, 408),
    "NO_ANSWER": (19, 480),
    "SUBSCRIBER_ABSENT": (20, 480),
    "CALL_REJECTED": (21, 603),
    "NORMAL_TEMPORARY_FAILURE": (41, 503),
    "ORIGINATOR_CANCEL": (487, 487),
    "LOSE_RACE": (502, 0),
    "USER_NOT_REGISTERED": (606, 480),
    "PICKED_OFF": (614, 0),
    "ALLOTTED_TIMEOUT": (602, 0),
    "ATTENDED_TRANSFER": (601, 0),
}


def session(exchange: Exchange, channel: Channel) -> Thread[None]:
    """A channel's thread, from its begin to its end."""
    while channel.running != "CS_DESTROY":
        state = channel.state
        enter(exchange, channel, state)
        handler = HANDLERS.get(state)
        acts = handler(exchange, channel) if handler is not None else None
        if acts is not None:
            yield from acts
        if channel.state == state and state != "CS_DESTROY":
            yield Wait(lambda state=state: channel.state != state)  # type: ignore[misc]
    exchange.channels.pop(channel.uuid, None)


def enter(exchange: Exchange, channel: Channel, state: str) -> None:
    """Let a thread run in a state; the state of the call may follow (switch_channel_perform_set_running_state)."""
    channel.running = state
    if state == "CS_ROUTING" and not channel.outbound and (not channel.answered or channel.index > 1):
        call_state(exchange, channel, "RINGING")
    if state == "CS_EXECUTE" and channel.answered and channel.call_state == "RINGING":
        call_state(exchange, channel, "ACTIVE")
    exchange.emit(channel, "CHANNEL_STATE")
    if state == "CS_HANGUP":
        for module in AT_END:
            module(exchange, channel)
        call_state(exchange, channel, "HANGUP")


def call_state(exchange: Exchange, channel: Channel, state: str) -> None:
    """Set what the call of a channel is, if that is news."""
    if channel.call_state == state:
        return
    before, channel.call_state = channel.call_state, state
    told = [("Original-Channel-Call-State", before), ("Channel-Call-State-Number", str(CALL_STATES.index(state)))]
    exchange.emit(channel, "CHANNEL_CALLSTATE", first=told)


def presence(exchange: Exchange, channel: Channel, status: str, by: str = "check_presence") -> None:
    """Tell who watches the user of a channel."""
    if not channel.presence:
        return
    info = {"ringing": "alerting" if not channel.outbound else "progressing", "hangup": "idle"}
    told: list[Header] = [
        ("proto", "any"),
        ("login", "src/switch_channel.c"),
        ("from", channel.presence),
        ("rpid", "unknown"),
        ("status", status),
        ("event_type", "presence"),
        ("alt_event_type", "dialog"),
        ("presence-call-info-state", info.get(channel.answer, "active")),
        ("presence-call-direction", channel.profile.direction),
        ("event_count", str(next(channel.presences))),
        ("Presence-Calling-Function", by),
    ]
    exchange.emit(channel, "PRESENCE_IN", told)


def codecs(exchange: Exchange, channel: Channel) -> None:
    """A leg's codecs are known."""
    channel.codec = True
    channel.variables |= {"read_codec": "PCMU", "read_rate": "8000", "write_codec": "PCMU", "write_rate": "8000"}
    exchange.emit(channel, "CODEC")
    exchange.emit(channel, "CODEC")


def ring_ready(exchange: Exchange, channel: Channel) -> None:
    """The phone rings (of a caller's leg: it hears that another does)."""
    if channel.answered or not channel.up or channel.times.progress:
        return
    if channel.twin is not None and not channel.outbound:
        ring_ready(exchange, channel.twin)
    channel.times.progress = exchange.now
    exchange.emit(channel, "CHANNEL_PROGRESS")
    call_state(exchange, channel, "RINGING")


def answer(exchange: Exchange, channel: Channel) -> None:
    """A leg is answered: by its phone, or by the switch."""
    if channel.answered or not channel.up:
        return
    if channel.twin is not None and not channel.outbound:
        answer(exchange, channel.twin)
    if not channel.codec:
        codecs(exchange, channel)
        if not channel.outbound:
            channel.times.media, channel.answer = exchange.now, "early"
            channel.variables["endpoint_disposition"] = "EARLY MEDIA"
            exchange.emit(channel, "CHANNEL_PROGRESS_MEDIA")
            call_state(exchange, channel, "EARLY")
    channel.times.answered, channel.answer = exchange.now, "answered"
    exchange.emit(channel, "CHANNEL_ANSWER")
    channel.variables["endpoint_disposition"] = "ANSWER"
    presence(exchange, channel, "answered", "switch_channel_perform_mark_answered")
    call_state(exchange, channel, "ACTIVE")


def hang_up(exchange: Exchange, channel: Channel, cause: str, disposition: str = "") -> None:
    """End a leg. ``disposition``: how, by SIP; left out, the switch does it: by BYE, CANCEL, or a refusal."""
    if not channel.up:
        return
    if not disposition and channel.twin is None:
        unanswered = "send_cancel" if channel.outbound else "send_refuse"
        disposition = "send_bye" if channel.answered else unanswered
    channel.state, channel.answer, channel.cause = "CS_HANGUP", "hangup", cause
    channel.times.hangup = exchange.now
    if disposition in ("recv_refuse", "recv_cancel"):
        channel.variables["sip_hangup_disposition"] = disposition
    exchange.emit(channel, "CHANNEL_HANGUP")
    if disposition.startswith("recv_"):
        channel.variables["sip_hangup_disposition"] = disposition
    channel.ending = disposition


def _new(exchange: Exchange, channel: Channel) -> None:
    channel.state = "CS_INIT"


def _init(exchange: Exchange, channel: Channel) -> None:
    channel.state = "CS_ROUTING"
    exchange.emit(channel, "CHANNEL_CREATE")
    if channel.outbound:
        exchange.emit(channel, "CHANNEL_ORIGINATE")


def _hangup(exchange: Exchange, channel: Channel) -> None:
    """The endpoint says goodbye (mod_sofia sofia_on_hangup)."""
    said, (q850, status) = channel.variables, CAUSES.get(channel.cause, (16, 480))
    if channel.ending:
        said["sip_hangup_disposition"] = channel.ending
    if channel.twin is None and channel.times.answered:
        said |= {"sip_term_status": "200", "proto_specific_hangup_cause": "sip:200"}
    elif status and channel.ending in ("recv_refuse", "send_refuse"):
        said |= {"sip_term_status": str(status), "proto_specific_hangup_cause": f"sip:{status}"}
    said |= {"hangup_cause": channel.cause, "hangup_cause_q850": str(q850)}
    if channel.twin is not None:
        hang_up(exchange, channel.twin, channel.cause)
    presence(exchange, channel, "CS_HANGUP")
    channel.state = "CS_REPORTING"


def _reporting(exchange: Exchange, channel: Channel) -> Thread[None]:
    account(exchange, channel)
    told = [("Hangup-Cause", channel.cause)]
    exchange.emit(channel, "CHANNEL_HANGUP_COMPLETE", first=told)
    if channel.kept:
        yield Wait(lambda: not channel.kept)
    exchange.emit(channel, "CHANNEL_DESTROY")
    channel.state = "CS_DESTROY"


def _reset(exchange: Exchange, channel: Channel) -> None:
    if channel.state == "CS_RESET":
        channel.state = "CS_SOFT_EXECUTE" if channel.then is not None else "CS_ROUTING"


def _hibernate(exchange: Exchange, channel: Channel) -> None:
    if channel.state == "CS_HIBERNATE":
        channel.state = "CS_RESET"


HANDLERS.update(
    {
        "CS_NEW": _new,
        "CS_INIT": _init,
        "CS_HIBERNATE": _hibernate,
        "CS_RESET": _reset,
        "CS_HANGUP": _hangup,
        "CS_REPORTING": _reporting,
    }
)
