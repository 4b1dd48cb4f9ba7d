"""The data of events that are about no call, typed for those who read it and for `notices`, which makes it."""

from typing import Any, Literal

import msgspec

from projections.published.call_data import Instant


class OfSwitch(msgspec.Struct, frozen=True, kw_only=True):
    """What every one of them says: which switch (or process of ours) told it, and by which event."""

    switch: str
    caused_position: int
    """position in the switch log of the event that caused this one"""


class OfMember(OfSwitch, frozen=True, kw_only=True):
    """Somebody who waits in a queue."""

    queue: str
    leg_id: str | None
    member_id: str | None
    """one stay in the queue, as the switch numbers it; null where it does not"""
    caller_number: str | None
    caller_name: str | None


class QueueJoined(OfMember, frozen=True, kw_only=True):
    pass


class QueueOffered(OfMember, frozen=True, kw_only=True):
    agent: str | None


class QueueOfferFailed(OfMember, frozen=True, kw_only=True):
    agent: str | None
    cause: str | None
    """hangup cause of the agent's phone"""


class QueueAnswered(OfMember, frozen=True, kw_only=True):
    agent: str | None
    agent_leg_id: str | None
    wait_seconds: float | None
    """from joining to the agent's answer, in whole seconds; null where the switch does not say"""


class QueueTalkEnded(OfMember, frozen=True, kw_only=True):
    agent: str | None
    agent_leg_id: str | None
    talk_seconds: float | None


QueueOutcome = Literal["answered", "abandoned", "timeout", "no_agent", "left_by_key", "other"]


class QueueLeft(OfMember, frozen=True, kw_only=True):
    outcome: QueueOutcome
    reason: str | None
    """the switch's own word where nobody answered"""
    agent: str | None
    wait_seconds: float | None
    """from joining to the agent's answer, or to leaving where nobody answered"""


class QueueWaiting(OfSwitch, frozen=True, kw_only=True):
    queue: str
    count: int


class QueueAgentStatus(OfSwitch, frozen=True, kw_only=True):
    agent: str
    status: str
    """as the switch calls it: Available, On Break, Logged Out, ..."""


class QueueAgentState(OfSwitch, frozen=True, kw_only=True):
    agent: str
    state: str
    """as the switch calls it: Waiting, Receiving, In a queue call, Idle, Reserved"""


class OfPhone(OfSwitch, frozen=True, kw_only=True):
    """A phone of a user."""

    user: str
    """with domain, as the phone names itself"""
    profile: str | None
    network_ip: str | None
    network_port: int | None
    user_agent: str | None


class Registered(OfPhone, frozen=True, kw_only=True):
    contact: str | None
    sip_call_id: str | None
    """the same in every renewal of a registration"""
    expires_seconds: int | None
    status: str | None
    """with the transport: Registered(UDP), Registered(TLS), ..."""


class Unregistered(OfPhone, frozen=True, kw_only=True):
    contact: str | None
    sip_call_id: str | None


class RegistrationExpired(OfPhone, frozen=True, kw_only=True):
    contact: str | None
    sip_call_id: str | None


class RegistrationFailed(OfPhone, frozen=True, kw_only=True):
    pass


class SwitchLinkUp(OfSwitch, frozen=True, kw_only=True):
    core_uuid: str | None
    since: Instant | None
    """since when nothing was heard; null: ever before"""
    until: Instant | None
    missed_sessions: int | None
    """how many channels the switch made meanwhile, where it is known"""


class SwitchLinkDown(OfSwitch, frozen=True, kw_only=True):
    core_uuid: str | None
    since: Instant | None
    """when it was last heard"""
    until: Instant | None
    reason: str | None


class SwitchGap(OfSwitch, frozen=True, kw_only=True):
    core_uuid: str | None
    since: Instant | None
    until: Instant | None
    missing: int | None
    evidence: str | None
    """how it is known"""


class SwitchOverflow(OfSwitch, frozen=True, kw_only=True):
    core_uuid: str | None
    since: Instant | None
    until: Instant | None
    missing: int | None


class SwitchReconciled(OfSwitch, frozen=True, kw_only=True):
    core_uuid: str | None
    cause: str | None
    channels: int | None
    unseen: int | None
    """channels of which no event was seen"""
    gone: int | None
    """channels whose end was not seen"""
    ghosts: int | None
    certain: bool


class SwitchRestarted(OfSwitch, frozen=True, kw_only=True):
    core_uuid: str | None
    old_core_uuid: str


class SwitchStarted(OfSwitch, frozen=True, kw_only=True):
    core_uuid: str | None
    version: str | None


class SwitchShutdown(OfSwitch, frozen=True, kw_only=True):
    core_uuid: str | None


class SwitchParked(OfSwitch, frozen=True, kw_only=True):
    events: int | None
    code: str | None
    reason: str | None


class CommandRequested(OfSwitch, frozen=True, kw_only=True):
    command_id: str
    kind: str
    by: str
    call_id: str | None
    arguments: dict[str, Any]


CommandResult = Literal["ok", "failed", "expired", "unknown"]


class CommandCompleted(OfSwitch, frozen=True, kw_only=True):
    command_id: str
    kind: str
    by: str
    call_id: str | None
    arguments: dict[str, Any]
    result: CommandResult
    said: str | None
    """the switch's own words"""
    leg_id: str | None
    """the leg that was made, if one was"""


class OperatorActed(OfSwitch, frozen=True, kw_only=True):
    action: str
    by: str
    subject: str | None
    reason: str | None
    details: dict[str, Any]
