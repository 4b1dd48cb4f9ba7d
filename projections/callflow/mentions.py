"""Events that speak of legs otherwise than as their own: of a queue's callers and agents, commands of the API, bowouts.

Sources: mod_callcenter, mod_fifo, mod_commands, mod_loopback, and recorded events.
"""

import re

from core.event import SwitchEvent
from projections.callflow import standby
from projections.callflow.fact import Fact, Tie, fact_of
from projections.callflow.headers import Get, pick
from projections.callflow.profile import PROFILE

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
_QUEUE_ACTIONS = {
    "member-queue-start": "enter",
    "bridge-agent-start": "served",
    "member-queue-end": "leave",
    "push": "enter",
    "bridge-caller-start": "served",
    "abort": "leave",
    "timeout": "leave",
}


def of_queue(event: SwitchEvent, get: Get) -> list[Fact]:
    """A caller enters a queue, is served, leaves; what an agent's open line says of that is cut into stints."""
    code = get("CC-Action") or get("FIFO-Action") or ""
    action = _QUEUE_ACTIONS.get(code)
    member = get("CC-Member-Session-UUID") or event.leg
    if code == "bridge-agent-end" and member and event.leg and standby.LINE in event.term and standby.stands_by(get):
        parted = fact_of(event, "queue", member, {}, [])
        return standby.over(parted, event.leg, get("variable_sip_hangup_disposition") or "")
    if action is None or not member:
        return []
    data = {"action": action}
    data.update(pick(get, {"agent": "CC-Agent", "cause": "CC-Cause", "reason": "CC-Cancel-Reason"}))
    data["queue"] = get("CC-Queue") or get("FIFO-Name") or ""
    agent = get("CC-Agent-UUID")
    if action == "served" and agent and standby.LINE in event.term and standby.stands_by(get):
        return standby.begun(fact_of(event, "queue", member, data, []), agent, pick(get, PROFILE))
    # Who served has been told; at the end the agent may long be with somebody else.
    ties = [Tie(agent, "callcenter")] if agent and action != "leave" else []
    return [fact_of(event, "queue", member, data, ties)]


def of_command(event: SwitchEvent, get: Get) -> list[Fact]:
    """An API command that moves legs. The same command may show as API and as BACKGROUND_JOB: each is a fact."""
    command = get("API-Command") or get("Job-Command") or ""
    if command not in _COMMANDS:
        return []
    arguments = get("API-Command-Argument") or get("Job-Command-Arg") or ""
    data = {"command": command, "arguments": arguments, "job": get("Job-UUID") or ""}
    if command == "originate":
        answer = re.fullmatch(r"\+OK (\S+)\s*", (get("body") or "").strip())
        return [fact_of(event, "command", answer[1], data, [])] if answer else []
    words = arguments.split()[1 if command == "sched_transfer" else 0 :]
    return [fact_of(event, "command", words[0], data, [])] if words else []


def of_bowout(event: SwitchEvent, get: Get) -> list[Fact]:
    """A loopback pair takes itself out: the legs on both of its sides are one call."""
    legs = [leg for name in ("Resigning-UUID", "Resigning-Peer-UUID", "Acquired-UUID") if (leg := get(name))]
    return [fact_of(event, "bowout", legs[0], {}, [Tie(leg, "loopback_bowout") for leg in legs[1:]])] if legs else []
