"""What a switch reads once and keeps until it is told otherwise: gateways, queues, agents. What to tell it.

A switch may have started before it could ask, and the registry changes while it runs. Compared is what the switch says
that it has with what the registry has, so that nothing is told twice. Only names that carry a domain of the registry
are touched. An agent's status is the agent's own: a new one is made available, and from then on it is left alone.
"""

from __future__ import annotations

import xml.etree.ElementTree as xml
from collections.abc import Iterable, Iterator
from typing import Final

import msgspec

from bridge.fetch.configuration import contact
from bridge.fetch.outside import gateway
from core.registry import Company, Registry
from core.registry import entries as e

CALLCENTER: Final = "callcenter_config"
_TRUE: Final = frozenset({"yes", "on", "true", "t", "enabled", "active", "allow", "1"})


class Order(msgspec.Struct, frozen=True):
    """A command of the switch; ``fetches``: it asks us while it runs, so that it must not run on the link itself."""

    command: str
    argument: str
    fetches: bool = False


class Has(msgspec.Struct, frozen=True):
    """What a switch says that it has."""

    gateways: dict[str, tuple[str, str]]
    """the profile of each, and with whom it is"""
    queues: frozenset[str]
    agents: frozenset[str]
    tiers: dict[tuple[str, str], tuple[str, str]]
    """level and position by queue and agent"""


def profiles(sofia: str) -> tuple[str, ...]:
    """Return the SIP profiles that take gateways from the directory, by the switch's own sofia.conf."""
    try:
        root = xml.fromstring(sofia)
    except xml.ParseError:
        return ()
    return tuple(
        profile.get("name", "")
        for profile in root.iter("profile")
        if any(domain.get("parse", "").lower() in _TRUE for domain in profile.iter("domain"))
    )


def has(sofia_status: str, queues: str, agents: str, tiers: str) -> Has:
    """Read the switch's lists (`sofia status`, `callcenter_config queue|agent|tier list`)."""
    gateways: dict[str, tuple[str, str]] = {}
    for line in sofia_status.splitlines():
        name, *rest = (word.strip() for word in line.split("\t"))
        profile, _, one = name.partition("::")
        if one and len(rest) > 1 and rest[0] == "gateway":
            gateways[one] = (profile, rest[1])
    rows = [(row["queue"], row["agent"], row["level"], row["position"]) for row in _rows(tiers)]
    return Has(
        gateways,
        frozenset(row["name"] for row in _rows(queues)),
        frozenset(row["name"] for row in _rows(agents)),
        {(queue, agent): (level, position) for queue, agent, level, position in rows},
    )


def _rows(text: str) -> Iterator[dict[str, str]]:
    lines = [line for line in text.splitlines() if "|" in line]
    names = lines[0].split("|") if lines else []
    for line in lines[1:]:
        yield dict(zip(names, line.split("|"), strict=False))


def gateway_orders(registry: Registry, before: Registry | None, there: Has, into: Iterable[str]) -> list[Order]:
    """What makes the gateways those of the registry; ``into``: the profiles that take them from us."""
    wanted = _trunks(registry)
    had = _trunks(before) if before is not None else {}
    stale = [
        name
        for name, (_, address) in there.gateways.items()
        if name in (had.keys() | wanted.keys())
        and (name not in wanted or address != _address(wanted[name]) or had.get(name, wanted[name]) != wanted[name])
    ]
    orders = [Order("sofia", f"profile {there.gateways[name][0]} killgw {name}") for name in stale]
    if any(name not in there.gateways or name in stale for name in wanted):
        orders += [Order("sofia", f"profile {profile} rescan", fetches=True) for profile in into]
    return orders


def _address(trunk: e.Trunk) -> str:
    """As FreeSWITCH shows whom a gateway is with."""
    return f"sip:{trunk.username or trunk.name}@{trunk.proxy}"


def _trunks(registry: Registry) -> dict[str, e.Trunk]:
    own = [trunk for domain in registry.companies for trunk in _trunks_of(registry.company(domain))]
    return {gateway(trunk): trunk for trunk in (*own, *registry.shared_trunks)}


def _trunks_of(company: Company | None) -> list[e.Trunk]:
    return company.trunks if company is not None else []


def queue_orders(registry: Registry, before: Registry | None, there: Has) -> list[Order]:
    """What makes queues, agents and who serves which queue those of the registry."""
    orders: list[Order] = []
    queues = _queues(registry)
    had = _queues(before) if before is not None else {}
    tiers = {
        (name, f"{agent.user}@{queue.tenant}"): (str(agent.level), str(agent.position))
        for name, queue in queues.items()
        for agent in queue.agents
    }
    agents = {agent for _, agent in tiers}
    for agent in sorted(agents - there.agents):
        orders.append(_callcenter(f"agent add {agent} callback"))
        orders.append(_callcenter(f"agent set contact {agent} {contact(agent)}"))
        orders.append(_callcenter(f"agent set status {agent} Available"))
    read: set[str] = set()
    for name, queue in sorted(queues.items()):
        changed = name in had and _settings(had[name]) != _settings(queue)
        if changed or name not in there.queues:
            read.add(name)
            orders.append(_callcenter(f"queue {'reload' if changed else 'load'} {name}", fetches=True))
    for (queue_name, agent), (level, position) in sorted(tiers.items()):
        known = there.tiers.get((queue_name, agent))
        if known is None and queue_name not in read:  # a queue that is read brings its own
            orders.append(_callcenter(f"tier add {queue_name} {agent} {level} {position}"))
        elif known is not None and known != (level, position):
            orders.append(_callcenter(f"tier set level {queue_name} {agent} {level}"))
            orders.append(_callcenter(f"tier set position {queue_name} {agent} {position}"))
    for queue_name, agent in sorted(there.tiers.keys() - tiers.keys()):
        if _ours(registry, queue_name):
            orders.append(_callcenter(f"tier del {queue_name} {agent}"))
    orders += [_callcenter(f"queue unload {name}") for name in sorted(there.queues - queues.keys()) if name in had]
    orders += [_callcenter(f"agent del {one}") for one in sorted(there.agents - agents) if _ours(registry, one)]
    return orders


def _queues(registry: Registry) -> dict[str, e.Queue]:
    """The queues by name, each with the agents that are users."""
    found = {}
    for domain in registry.companies:
        company = registry.company(domain)
        for queue in company.queues.values() if company is not None else ():
            mine = tuple(agent for agent in queue.agents if company is not None and agent.user in company.users)
            found[f"{queue.name}@{queue.tenant}"] = msgspec.structs.replace(queue, agents=mine)
    return found


def _settings(queue: e.Queue) -> tuple[object, ...]:
    return (queue.strategy, queue.music, queue.max_wait)


def _ours(registry: Registry, name: str) -> bool:
    return name.rpartition("@")[2] in registry.companies


def _callcenter(argument: str, *, fetches: bool = False) -> Order:
    return Order(CALLCENTER, argument, fetches)
