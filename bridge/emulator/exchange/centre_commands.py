"""The commands of the call centre (`callcenter_config`), and what it reads of its configuration."""

from __future__ import annotations

from typing import Final

from bridge.emulator.exchange import asking
from bridge.emulator.exchange.centre import AGENT_COLUMNS, QUEUE_COLUMNS, Agent, Centre, Queue, Tier, tell_status
from bridge.emulator.exchange.commands import OK, command
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.expanding import FUNCTIONS
from bridge.emulator.exchange.threads import Thread

_USAGE: Final = "-USAGE: callcenter_config <target> <args>\n"
_STATUSES: Final = frozenset({"Available", "Available (On Demand)", "On Break", "Logged Out"})


@command("callcenter_config")
def _config(exchange: Exchange, argument: str) -> Thread[str] | str:
    words = argument.split()
    match words:
        case ["queue", ("load" | "reload"), name]:
            return _load(exchange, name)
        case _:
            return _said(exchange, words)


def _said(exchange: Exchange, words: list[str]) -> str:
    centre = Centre.of(exchange)
    match words:
        case ["queue", "list"]:
            return _table(QUEUE_COLUMNS, [queue.row() for queue in centre.queues.values()])
        case ["queue", "list", "agents", name]:
            serving = {tier.agent for tier in centre.tiers.values() if tier.queue == name}
            return _table(AGENT_COLUMNS, [one.row() for one in centre.agents.values() if one.name in serving])
        case ["queue", "count"]:
            return f"{len(centre.queues)}\n"
        case ["queue", "unload", name]:
            return OK if centre.queues.pop(name, None) else f"-ERR Invalid Queue not found!\n{name}"
        case ["agent", "list", *_]:
            return _table(AGENT_COLUMNS, [agent.row() for agent in centre.agents.values()])
        case ["agent", *rest]:
            return _agent(exchange, centre, rest)
        case ["tier", "list", *_]:
            rows = [f"{one.queue}|{one.agent}|Ready|{one.level}|{one.position}" for one in centre.tiers.values()]
            return _table("queue|agent|state|level|position", rows)
        case ["tier", *rest]:
            return _tier(centre, rest)
        case _:
            return _USAGE


def _table(columns: str, rows: list[str]) -> str:
    return "".join(f"{line}\n" for line in (columns, *rows)) + OK


def _agent(exchange: Exchange, centre: Centre, words: list[str]) -> str:
    match words:
        case ["add", name, *_] if name in centre.agents:
            return "-ERR Agent already exist!\n"
        case ["add", name, *_]:
            centre.agents[name] = Agent(name)
            return OK
        case ["del", name]:
            centre.tiers = {key: tier for key, tier in centre.tiers.items() if tier.agent != name}
            return OK if centre.agents.pop(name, None) else "-ERR Agent not found!\n"
        case ["set" | "get", what, name, *rest]:
            agent = centre.agents.get(name)
            if agent is None:
                return "-ERR Agent not found!\n"
            if words[0] == "get":
                return f"{getattr(agent, what, '')}\n"
            return _set(exchange, agent, what, " ".join(rest).strip("'\""))
        case _:
            return _USAGE


def _set(exchange: Exchange, agent: Agent, what: str, value: str) -> str:
    match what:
        case "status" if value not in _STATUSES:
            return "-ERR Invalid Agent Status!\n"
        case "status":
            if agent.status != value:
                tell_status(exchange, agent, value)
        case "contact":
            agent.contact = value
        case "state" if value in ("Waiting", "Idle"):
            agent.state = value
        case "wrap_up_time" if value.isdecimal():
            agent.wrap_up = int(value)
        case "ready_time" if value.isdecimal():
            agent.ready_at = int(value) * 1_000_000
        case _:
            return "-ERR Invalid Agent Key!\n"
    return OK


def _tier(centre: Centre, words: list[str]) -> str:
    match words:
        case ["add", queue, agent, *rest]:
            level, position = [*(int(one) for one in rest[:2]), 1, 1][:2]
            centre.tiers[queue, agent] = Tier(queue, agent, level, position)
        case ["del", queue, agent]:
            centre.tiers.pop((queue, agent), None)
        case ["set", "level" | "position" | "state" as what, queue, agent, value]:
            tier = centre.tiers.get((queue, agent))
            if tier is None:
                return "-ERR Invalid Tier!\n"
            if what != "state":
                setattr(tier, what, int(value))
        case _:
            return _USAGE
    return OK


def _load(exchange: Exchange, name: str) -> Thread[str]:
    """Read a queue, its agents, and who serves it."""
    centre = Centre.of(exchange)
    root = yield from asking.configuration(exchange, "callcenter.conf", [("CC-Queue", name)])
    found = next((one for one in root.iter("queue") if one.get("name") == name), None)
    if found is None:
        return "-ERR Invalid Queue not found!\n"
    params = {one.get("name"): one.get("value", "") for one in found.iter("param")}
    queue = centre.queues.setdefault(name, Queue(name))
    queue.strategy = params.get("strategy", queue.strategy)
    queue.music = params.get("moh-sound", queue.music)
    queue.max_wait = int(params.get("max-wait-time", "0"))
    for one in root.iter("agent"):
        agent = centre.agents.setdefault(one.get("name", ""), Agent(one.get("name", "")))
        agent.contact = one.get("contact", agent.contact)
        agent.status = one.get("status", agent.status)
        agent.max_no_answer = int(one.get("max_no_answer", "3"))
        agent.wrap_up = int(one.get("wrap_up_time", "10"))
        agent.reject_delay = int(one.get("reject_delay_time", "10"))
        agent.busy_delay = int(one.get("busy_delay_time", "30"))
        agent.no_answer_delay = int(one.get("no_answer_delay_time", "10"))
    for one in root.iter("tier"):
        tier = Tier(
            one.get("queue", ""), one.get("agent", ""), int(one.get("level", "1")), int(one.get("position", "1"))
        )
        centre.tiers[tier.queue, tier.agent] = tier
    return OK


FUNCTIONS["callcenter_config"] = lambda exchange, argument: _said(exchange, argument.split())
