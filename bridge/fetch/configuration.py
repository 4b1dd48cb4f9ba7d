"""Configuration that depends on companies: queues and agents, conferences, spoken menus. All else is the switch's.

Names carry the company's domain. What is asked for one queue or menu gets that one alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from bridge.fetch.inside import MUSIC
from bridge.fetch.request import Request
from bridge.fetch.xml import document, element, param
from core.registry import Company, Registry
from core.registry import entries as e

NO_ANSWER_SECONDS: Final = 15
"""that an agent's phone rings for a queue"""
CONTROLS: Final = (
    ("0", "mute"),
    ("*", "deaf mute"),
    ("9", "energy up"),
    ("8", "energy equ"),
    ("7", "energy dn"),
    ("3", "vol talk up"),
    ("2", "vol talk zero"),
    ("1", "vol talk dn"),
    ("6", "vol listen up"),
    ("5", "vol listen zero"),
    ("4", "vol listen dn"),
    ("#", "hangup"),
)
"""what the keys do in a conference room, as FreeSWITCH's own example has them"""


def configuration(registry: Registry, request: Request) -> str | None:
    """Return a configuration file's content; None: the switch has its own."""
    make = _FILES.get(request.value) if request.key == "name" else None
    return None if make is None else document("configuration", make(registry, request))


def _companies(registry: Registry) -> Iterator[Company]:
    for domain in sorted(registry.companies):
        if (company := registry.company(domain)) is not None:
            yield company


def _callcenter(registry: Registry, request: Request) -> str:
    wanted = request.get("CC-Queue")
    queues, agents, tiers = [], {}, []
    for company in _companies(registry):
        for queue in company.queues.values():
            name = f"{queue.name}@{company.domain}"
            if wanted is not None and wanted != name:
                continue
            queues.append(_queue(company, queue))
            for agent in queue.agents:
                if agent.user not in company.users:
                    continue
                who = f"{agent.user}@{company.domain}"
                agents[who] = _agent(who)
                tiers.append(element("tier", agent=who, queue=name, level=agent.level, position=agent.position))
    return element(
        "configuration",
        element("settings"),
        element("queues", *queues),
        element("agents", *agents.values()),
        element("tiers", *tiers),
        name="callcenter.conf",
        description="queues of the registry",
    )


def _queue(company: Company, queue: e.Queue) -> str:
    params = [
        param("strategy", queue.strategy),
        param("moh-sound", queue.music or MUSIC),
        param("time-base-score", "system"),
        param("max-wait-time", queue.max_wait),
        param("tier-rules-apply", "false"),
        param("discard-abandoned-after", 60),
        param("abandoned-resume-allowed", "false"),
    ]
    return element("queue", *params, name=f"{queue.name}@{company.domain}")


def contact(who: str) -> str:
    """Return how an agent is rung."""
    return f"[leg_timeout={NO_ANSWER_SECONDS}]user/{who}"


def _agent(who: str) -> str:
    """No status: it is the agent's own (logged in or out by code), and FreeSWITCH would take it over at each load."""
    return element(
        "agent",
        name=who,
        type="callback",
        contact=contact(who),
        max_no_answer=3,
        wrap_up_time=10,
        reject_delay_time=10,
        busy_delay_time=30,
        no_answer_delay_time=10,
    )


def _conference(registry: Registry, request: Request) -> str:
    """One profile for all rooms; a room's moderator is known by the PIN that the room has."""
    name = request.get("conference_name") or ""
    number, _, domain = name.partition("-")
    company = registry.company(domain)
    room = company.conferences.get(number) if company else None
    params = [
        param("domain", domain),
        param("rate", 8000),
        param("interval", 20),
        param("energy-level", 200),
        param("caller-controls", "default"),
        param("moh-sound", MUSIC),
    ]
    if room is not None and room.pin:
        params.append(param("pin", room.pin))
    if room is not None and room.moderator_pin:
        params.append(param("moderator-pin", room.moderator_pin))
    controls = [element("control", action=action, digits=digits) for digits, action in CONTROLS]
    return element(
        "configuration",
        element("caller-controls", element("group", *controls, name="default")),
        element("profiles", element("profile", *params, name="default")),
        name="conference.conf",
        description="conference rooms of the registry",
    )


def _ivr(registry: Registry, request: Request) -> str:
    wanted = request.get("Menu-Name")
    menus = []
    for company in _companies(registry):
        for menu in company.menus.values():
            name = f"{menu.name}@{company.domain}"
            if wanted is None or wanted == name:
                menus.append(_menu(company, menu, name))
    return element("configuration", element("menus", *menus), name="ivr.conf", description="menus of the registry")


def _menu(company: Company, menu: e.Menu, name: str) -> str:
    entries = [
        element(
            "entry",
            action="menu-exec-app",
            digits=digits,
            param=f"transfer {target} XML {company.domain}",
        )
        for digits, target in menu.choices
    ]
    return element(
        "menu",
        *entries,
        name=name,
        timeout=menu.timeout * 1000,
        greet_long=menu.greeting,
        greet_short=menu.greeting,
        inter_digit_timeout=2000,
        max_failures=menu.max_failures,
        max_timeouts=menu.max_failures,
        digit_len=max((len(digits) for digits, _ in menu.choices), default=1),
    )


_FILES: Final[dict[str, Callable[[Registry, Request], str]]] = {
    "callcenter.conf": _callcenter,
    "conference.conf": _conference,
    "ivr.conf": _ivr,
}
