"""What happens to who waits in a queue: music, offers to agents, an agent's answer, the end (mod_callcenter)."""

from __future__ import annotations

from typing import Final

from bridge.emulator.exchange.applications import LONGEST
from bridge.emulator.exchange.bridging import join
from bridge.emulator.exchange.calling import originate
from bridge.emulator.exchange.centre import SECOND, SUBCLASS, Agent, Centre, Member, tell_count, tell_state, tell_status
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.executing import APPLICATIONS
from bridge.emulator.exchange.headers import Header
from bridge.emulator.exchange.threads import TICK, Thread, Wait

LOOK: Final = 100_000
"""µs between two looks for an agent"""
RINGS: Final = 60
"""seconds that an agent's phone rings where its contact does not say"""


def _callcenter(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    centre, home = Centre.of(exchange), channel.state
    queue = centre.queues.get(data.strip())
    if queue is None:
        return
    dnis = channel.profile.rdnis or channel.profile.destination
    member = Member(exchange.new_uuid(), channel, queue, exchange.now, dnis)
    centre.members.append(member)
    own = {"cc_side": "member", "cc_member_uuid": member.uuid, "cc_queue": queue.name}
    channel.variables |= own | {"cc_queue_joined_epoch": str(member.joined // SECOND)}
    told = [("CC-Queue", queue.name), ("CC-Action", "member-queue-start"), *member.told()]
    exchange.emit(channel, "CUSTOM", first=told, subclass=SUBCLASS)
    tell_count(exchange, centre, queue)
    music = [("Playback-File-Path", channel.variables.get("cc_moh_override") or queue.music)]
    exchange.emit(channel, "PLAYBACK_START", music)
    exchange.start(_distribute(exchange, centre, member))
    limit = queue.max_wait * SECOND or LONGEST
    late = not (yield exchange.threads.within(limit, lambda: channel.state != home))
    member.left = True
    exchange.emit(channel, "PLAYBACK_STOP", [*music, ("Playback-Status", "break")])
    if member.served is None:
        queue.abandoned += 1
        centre.members.remove(member)
        told = [
            ("CC-Queue", queue.name),
            ("CC-Action", "member-queue-end"),
            ("CC-Member-Leaving-Time", str(exchange.now // SECOND)),
            ("CC-Member-Joined-Time", str(member.joined // SECOND)),
            ("CC-Cause", "Cancel"),
            ("CC-Cancel-Reason", "TIMEOUT" if late else "BREAK_OUT"),
            *member.told(),
        ]
        exchange.emit(channel, "CUSTOM", first=told, subclass=SUBCLASS)
    elif member in centre.members:
        centre.members.remove(member)
    tell_count(exchange, centre, queue)


def _distribute(exchange: Exchange, centre: Centre, member: Member) -> Thread[None]:
    """Look for an agent until there is one."""
    yield exchange.threads.after(LOOK // 2)
    while not member.left and member.served is None:
        first = next((one for one in centre.members if one.queue is member.queue and one.served is None), member)
        if first is member and not member.offers:
            for agent in centre.next(member.queue, exchange.threads.now):
                member.offers += 1
                exchange.start(_offer(exchange, centre, member, agent))
                agent.state = "Receiving"
        yield exchange.threads.within(LOOK, lambda: member.left)


def _offer(exchange: Exchange, centre: Centre, member: Member, agent: Agent) -> Thread[None]:
    """Ring an agent for a member."""
    agent.offered_at = called = exchange.now
    tell_state(exchange, agent, "Receiving")
    told = [
        ("CC-Queue", member.queue.name),
        ("CC-Action", "agent-offering"),
        ("CC-Agent", agent.name),
        ("CC-Agent-Type", "callback"),
        ("CC-Agent-System", "single_box"),
        *member.told(),
        ("CC-Member-DNIS", member.dnis),
    ]
    exchange.fire("CUSTOM", told, SUBCLASS)
    string = _string(member, agent)
    result = yield from originate(
        exchange, None, string, RINGS, leave=lambda: member.left or member.served is not None or not member.channel.up
    )
    member.offers -= 1
    if result.channel is None:
        yield exchange.threads.after(TICK)
        _not_served(exchange, member, agent, called, result.cause)
        return
    if member.left or member.served is not None:
        return
    yield from _serve(exchange, centre, member, agent, result.channel, called)


def _string(member: Member, agent: Agent) -> str:
    profile = member.channel.profile
    said = {
        "cc_queue": member.queue.name,
        "cc_queue_joined_epoch": str(member.joined // SECOND),
        "cc_member_uuid": member.uuid,
        "cc_member_session_uuid": member.channel.uuid,
        "cc_agent": agent.name,
        "cc_agent_type": "callback",
        "cc_side": "agent",
        "loopback_bowout": "false",
        "loopback_bowout_on_execute": "false",
        "ignore_early_media": "true",
        "origination_caller_id_name": profile.caller_name.replace("'", ""),
        "origination_caller_id_number": profile.caller_number,
    }
    exported = member.channel.variables.get("cc_export_vars", "").split(",")
    said |= {name: member.channel.variables[name] for name in exported if name in member.channel.variables}
    return "{^^;" + ";".join(f"{name}={value}" for name, value in said.items()) + "}" + agent.contact


def _not_served(exchange: Exchange, member: Member, agent: Agent, called: int, cause: str) -> None:
    told = [
        ("CC-Queue", member.queue.name),
        ("CC-Action", "bridge-agent-fail"),
        ("CC-Hangup-Cause", cause),
        ("CC-Agent", agent.name),
        ("CC-Agent-System", "single_box"),
        ("CC-Agent-Called-Time", str(called // SECOND)),
        ("CC-Agent-Aborted-Time", str(exchange.now // SECOND)),
        *member.told(),
        ("CC-Member-Joined-Time", str(member.joined // SECOND)),
    ]
    exchange.fire("CUSTOM", told, SUBCLASS)
    delay = {"USER_BUSY": agent.busy_delay, "CALL_REJECTED": agent.reject_delay, "NO_ANSWER": agent.no_answer_delay}
    if cause not in ("ORIGINATOR_CANCEL", "LOSE_RACE"):
        agent.ready_at = exchange.now + delay.get(cause, agent.no_answer_delay) * SECOND
    if cause == "NO_ANSWER":
        agent.silent += 1
        if agent.max_no_answer and agent.silent >= agent.max_no_answer:
            agent.silent = 0
            tell_status(exchange, agent, "On Break")
    tell_state(exchange, agent, "Waiting")


def _serve(exchange: Exchange, centre: Centre, member: Member, agent: Agent, leg: Channel, called: int) -> Thread[None]:
    """Bring an agent who has answered together with the member, and see it through."""
    member.served, agent.silent = leg, 0
    agent.calls += 1
    member.queue.answered += 1
    answered, queue = exchange.now, ("CC-Queue", member.queue.name)
    who = [("CC-Agent", agent.name), ("CC-Agent-System", "single_box"), ("CC-Agent-UUID", leg.uuid)]
    when = [("CC-Agent-Called-Time", str(called // SECOND)), ("CC-Agent-Answered-Time", str(answered // SECOND))]
    joined = ("CC-Member-Joined-Time", str(member.joined // SECOND))
    dnis = ("CC-Member-DNIS", member.dnis)
    told: list[Header] = [queue, ("CC-Action", "bridge-agent-start"), *who, *when, joined, *member.told(), dnis]
    exchange.emit(leg, "CUSTOM", first=told, subclass=SUBCLASS)
    leg.kept, member.channel.kept = True, True
    join(exchange, member.channel, leg)
    met = yield Wait(lambda: leg.peer is member.channel or not leg.up or not member.channel.up)
    if met and leg.peer is member.channel:
        tell_state(exchange, agent, "In a queue call")
        member.channel.variables["cc_agent"] = agent.name
    ended = ("CS_REPORTING", "CS_DESTROY")
    yield Wait(lambda: leg.running in ended and (member.channel.up or member.channel.running in ended))
    yield exchange.threads.after(TICK)
    over = str(exchange.now // SECOND)
    success = ("CC-Hangup-Cause", "SUCCESS")
    told = [queue, ("CC-Action", "bridge-agent-end"), success, *who, ("CC-Agent-Bridged", "true"), *when, joined]
    told += [("CC-Bridge-Terminated-Time", over), *member.told()]
    exchange.emit(leg, "CUSTOM", first=told, subclass=SUBCLASS)
    told = [queue, ("CC-Action", "member-queue-end"), success, ("CC-Cause", "Terminated"), *who, *when]
    told += [("CC-Member-Leaving-Time", over), joined, *member.told()]
    exchange.emit(member.channel, "CUSTOM", first=told, subclass=SUBCLASS)
    agent.ready_at = exchange.now + agent.wrap_up * SECOND
    tell_state(exchange, agent, "Waiting")
    leg.kept = member.channel.kept = False


APPLICATIONS["callcenter"] = _callcenter
