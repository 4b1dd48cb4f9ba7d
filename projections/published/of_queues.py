"""Notices of queues: those of mod_callcenter (`callcenter::info`, by CC-Action) and of mod_fifo (`fifo::info`)."""

from typing import Any

from core.event import SwitchEvent
from projections.published import notice_data as data
from projections.published.made import domain, made, number, seconds
from projections.published.notice import Notice

# mod_callcenter.c, cc_member_cancel_reason2str.
_REASONS: dict[str, data.QueueOutcome] = {
    "TIMEOUT": "timeout",
    "NO_AGENT_TIMEOUT": "no_agent",
    "BREAK_OUT": "abandoned",
    "EXIT_WITH_KEY": "left_by_key",
    "NONE": "other",
}


def callcenter(event: SwitchEvent) -> list[Notice]:
    """What mod_callcenter tells; its actions are those of mod_callcenter.c, `CC-Action`."""
    get = event.get
    agent = get("CC-Agent")
    match get("CC-Action"):
        case "member-queue-start":
            return _of_member(event, "queue.joined", data.QueueJoined(**_member(event)), None)
        case "agent-offering":
            return _of_member(event, "queue.offered", data.QueueOffered(**_member(event), agent=agent), agent)
        case "bridge-agent-fail":
            failed = data.QueueOfferFailed(**_member(event), agent=agent, cause=get("CC-Hangup-Cause"))
            return _of_member(event, "queue.offer_failed", failed, agent)
        case "bridge-agent-start":
            answered = data.QueueAnswered(
                **_member(event),
                agent=agent,
                agent_leg_id=get("CC-Agent-UUID"),
                wait_seconds=seconds(get("CC-Member-Joined-Time"), get("CC-Agent-Answered-Time")),
            )
            return _of_member(event, "queue.answered", answered, agent)
        case "bridge-agent-end":
            ended = data.QueueTalkEnded(
                **_member(event),
                agent=agent,
                agent_leg_id=get("CC-Agent-UUID"),
                talk_seconds=seconds(get("CC-Agent-Answered-Time"), get("CC-Bridge-Terminated-Time")),
            )
            return _of_member(event, "queue.talk_ended", ended, agent)
        case "member-queue-end":
            return _of_member(event, "queue.left", _left(event, agent), agent)
        case "members-count":
            count, queue = number(get("CC-Count")), get("CC-Queue")
            if count is None or not queue:
                return []
            waiting = data.QueueWaiting(**_origin(event), queue=queue, count=count)
            return [made(event, "queue.waiting", queue, waiting, tenant=domain(queue), queues=[queue])]
        case "agent-status-change":
            return _of_agent(event, agent, get("CC-Agent-Status"), None)
        case "agent-state-change":
            return _of_agent(event, agent, None, get("CC-Agent-State"))
        case _:
            return []


def _left(event: SwitchEvent, agent: str | None) -> data.QueueLeft:
    get = event.get
    served = get("CC-Cause") == "Terminated"
    reason = None if served else get("CC-Cancel-Reason")
    until = get("CC-Agent-Answered-Time") if served else get("CC-Member-Leaving-Time")
    return data.QueueLeft(
        **_member(event),
        outcome="answered" if served else _REASONS.get(reason or "", "other"),
        reason=reason,
        agent=agent if served else None,
        wait_seconds=seconds(get("CC-Member-Joined-Time"), until),
    )


def fifo(event: SwitchEvent) -> list[Notice]:
    """What mod_fifo tells of its callers (mod_fifo.c, `FIFO-Action`); it numbers no stays and counts no waits."""
    get = event.get
    agent = get("Other-Leg-Username")
    match get("FIFO-Action"):
        case "push":
            return _of_member(event, "queue.joined", data.QueueJoined(**_caller(event)), None)
        case "bridge-caller-start":
            answered = data.QueueAnswered(
                **_caller(event), agent=agent, agent_leg_id=get("Other-Leg-Unique-ID"), wait_seconds=None
            )
            return _of_member(event, "queue.answered", answered, agent)
        case "bridge-caller-stop":
            talked = number(get("FIFO-Caller-Talk-Time-us"))
            ended = data.QueueTalkEnded(
                **_caller(event),
                agent=agent,
                agent_leg_id=get("Other-Leg-Unique-ID"),
                talk_seconds=None if talked is None else talked / 1_000_000,
            )
            left = data.QueueLeft(**_caller(event), outcome="answered", reason=None, agent=agent, wait_seconds=None)
            return [
                *_of_member(event, "queue.talk_ended", ended, agent),
                *_of_member(event, "queue.left", left, agent),
            ]
        case "abort":
            left = data.QueueLeft(**_caller(event), outcome="abandoned", reason=None, agent=None, wait_seconds=None)
            return _of_member(event, "queue.left", left, None)
        case _:
            return []


def _origin(event: SwitchEvent) -> dict[str, Any]:
    return {"switch": event.switch, "caused_position": event.position}


def _member(event: SwitchEvent) -> dict[str, Any]:
    get = event.get
    return {
        **_origin(event),
        "queue": get("CC-Queue") or "",
        "leg_id": get("CC-Member-Session-UUID"),
        "member_id": get("CC-Member-UUID"),
        "caller_number": get("CC-Member-CID-Number"),
        "caller_name": get("CC-Member-CID-Name"),
    }


def _caller(event: SwitchEvent) -> dict[str, Any]:
    get = event.get
    return {
        **_origin(event),
        "queue": get("FIFO-Name") or "",
        "leg_id": event.leg,
        "member_id": None,
        # While they talk, the plain ones are the consumer's.
        "caller_number": get("Caller-Orig-Caller-ID-Number") or get("Caller-Caller-ID-Number"),
        "caller_name": get("Caller-Orig-Caller-ID-Name") or get("Caller-Caller-ID-Name"),
    }


def _of_member(event: SwitchEvent, kind: str, member: data.OfMember, agent: str | None) -> list[Notice]:
    if not member.queue:
        return []
    parties, queues = [member.caller_number, agent], [member.queue]
    tenant = domain(member.queue)
    return [made(event, kind, member.queue, member, tenant=tenant, parties=parties, queues=queues, users=[agent])]


def _of_agent(event: SwitchEvent, agent: str | None, status: str | None, state: str | None) -> list[Notice]:
    if not agent:
        return []
    told: tuple[str, data.OfSwitch]
    if status is not None:
        told = "queue.agent_status", data.QueueAgentStatus(**_origin(event), agent=agent, status=status)
    elif state is not None:
        told = "queue.agent_state", data.QueueAgentState(**_origin(event), agent=agent, state=state)
    else:
        return []
    return [made(event, told[0], agent, told[1], tenant=domain(agent), parties=[agent], users=[agent])]
