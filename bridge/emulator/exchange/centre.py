"""What a call centre has: queues, agents, who serves which, who waits. The values, and the lists that commands give.

Source: FreeSWITCH mod_callcenter.c. What happens to a member is in `queueing`, the commands are in `centre_commands`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.headers import Header

SUBCLASS: Final = "callcenter::info"
SECOND: Final = 1_000_000
_AVAILABLE: Final = frozenset({"Available", "Available (On Demand)"})
QUEUE_COLUMNS: Final = (
    "name|strategy|moh_sound|time_base_score|tier_rules_apply|tier_rule_wait_second|tier_rule_wait_multiply_level|"
    "tier_rule_no_agent_no_wait|discard_abandoned_after|abandoned_resume_allowed|max_wait_time|"
    "max_wait_time_with_no_agent|max_wait_time_with_no_agent_time_reached|record_template|calls_answered|"
    "calls_abandoned|ring_progressively_delay|skip_agents_with_external_calls|agent_no_answer_status"
)
AGENT_COLUMNS: Final = (
    "name|instance_id|uuid|type|contact|status|state|max_no_answer|wrap_up_time|reject_delay_time|busy_delay_time|"
    "no_answer_delay_time|last_bridge_start|last_bridge_end|last_offered_call|last_status_change|no_answer_count|"
    "calls_answered|talk_time|ready_time|external_calls_count"
)


@dataclass(slots=True)
class Queue:
    """One queue."""

    name: str
    strategy: str = "longest-idle-agent"
    music: str = "local_stream://moh"
    max_wait: int = 0
    """seconds, 0: for ever"""
    answered: int = 0
    abandoned: int = 0

    def row(self) -> str:
        """Return its line in `queue list`."""
        return (
            f"{self.name}|{self.strategy}|{self.music}|system|false|0|true|false|60|false|{self.max_wait}|0|5||"
            f"{self.answered}|{self.abandoned}|10|true|On Break"
        )


@dataclass(slots=True)
class Agent:
    """One agent; times in seconds."""

    name: str
    contact: str = ""
    status: str = "Logged Out"
    state: str = "Waiting"
    max_no_answer: int = 3
    wrap_up: int = 10
    reject_delay: int = 10
    busy_delay: int = 30
    no_answer_delay: int = 10
    ready_at: int = 0
    """µs since the epoch"""
    offered_at: int = 0
    changed_at: int = 0
    silent: int = 0
    """offers in a row that were not answered"""
    calls: int = 0

    def free(self, now: int) -> bool:
        """Whether a call may be offered."""
        return self.status in _AVAILABLE and self.state == "Waiting" and self.ready_at <= now

    def row(self) -> str:
        """Return its line in `agent list`."""
        return (
            f"{self.name}|single_box||callback|{self.contact}|{self.status}|{self.state}|{self.max_no_answer}|"
            f"{self.wrap_up}|{self.reject_delay}|{self.busy_delay}|{self.no_answer_delay}|0|0|"
            f"{self.offered_at // SECOND}|{self.changed_at // SECOND}|{self.silent}|{self.calls}|0|"
            f"{self.ready_at // SECOND}|0"
        )


@dataclass(slots=True)
class Tier:
    """Which agent serves which queue, and how soon."""

    queue: str
    agent: str
    level: int = 1
    position: int = 1


@dataclass(slots=True, eq=False)
class Member:
    """Who waits."""

    uuid: str
    channel: Channel
    queue: Queue
    joined: int
    """µs since the epoch"""
    dnis: str
    served: Channel | None = None
    left: bool = False
    offers: int = 0

    def told(self) -> list[Header]:
        """Return what every event about a member tells."""
        profile = self.channel.profile
        return [
            ("CC-Member-UUID", self.uuid),
            ("CC-Member-Session-UUID", self.channel.uuid),
            ("CC-Member-CID-Name", profile.caller_name),
            ("CC-Member-CID-Number", profile.caller_number),
        ]


@dataclass(slots=True)
class Centre:
    """All queues of a switch."""

    queues: dict[str, Queue] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    tiers: dict[tuple[str, str], Tier] = field(default_factory=dict)
    members: list[Member] = field(default_factory=list)

    @classmethod
    def of(cls, exchange: Exchange) -> Centre:
        """Return the call centre of a switch."""
        centre: Centre = exchange.parts.setdefault(cls, cls())
        return centre

    def next(self, queue: Queue, now: int) -> list[Agent]:
        """Return the agents that are offered the next call of a queue, at once."""
        serving = [tier for tier in self.tiers.values() if tier.queue == queue.name and tier.agent in self.agents]
        free = [(tier, self.agents[tier.agent]) for tier in serving if self.agents[tier.agent].free(now)]
        if queue.strategy == "ring-all":
            return [agent for _, agent in free]
        if queue.strategy == "top-down" or queue.strategy.startswith("sequentially"):
            free.sort(key=lambda pair: (pair[0].level, pair[0].position))
        else:
            free.sort(key=lambda pair: (pair[0].level, pair[1].offered_at, pair[0].position))
        return [agent for _, agent in free[:1]]


def tell_state(exchange: Exchange, agent: Agent, state: str) -> None:
    """Set an agent's state, and tell."""
    agent.state = state
    told = [("CC-Agent", agent.name), ("CC-Action", "agent-state-change"), ("CC-Agent-State", state)]
    exchange.fire("CUSTOM", told, SUBCLASS)


def tell_status(exchange: Exchange, agent: Agent, status: str) -> None:
    """Set an agent's status, and tell."""
    agent.status, agent.changed_at = status, exchange.now
    told = [("CC-Agent", agent.name), ("CC-Action", "agent-status-change"), ("CC-Agent-Status", status)]
    exchange.fire("CUSTOM", told, SUBCLASS)


def tell_count(exchange: Exchange, centre: Centre, queue: Queue) -> None:
    """Tell how many wait, and who watches the queue."""
    waiting = sum(1 for member in centre.members if member.queue is queue)
    told = [("CC-Queue", queue.name), ("CC-Action", "members-count"), ("CC-Count", str(waiting))]
    exchange.fire("CUSTOM", [*told, ("CC-Selection", "Single-Queue")], SUBCLASS)
    status = f"Active ({waiting} waiting)" if waiting else "Idle"
    watched = [
        ("proto", "callcenter"),
        ("login", queue.name),
        ("from", queue.name),
        ("force-status", status),
        ("rpid", "unknown"),
        ("event_type", "presence"),
        ("alt_event_type", "dialog"),
        ("event_count", "0"),
        ("channel-state", "CS_ROUTING" if waiting else "CS_HANGUP"),
        ("unique-id", queue.name),
        ("answer-state", "confirmed" if waiting else "terminated"),
        ("presence-call-direction", "inbound"),
    ]
    exchange.fire("PRESENCE_IN", watched)
