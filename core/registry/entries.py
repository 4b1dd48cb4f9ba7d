"""What the registry holds: one frozen value for each kind of entry, whatever it was read from.

Names are those of telephony; how LDAP spells them is `attributes`' business, how they hang together `snapshot`'s. A
``tenant`` is the company's domain; numbers are text. Times are whole seconds.
"""

from __future__ import annotations

import hashlib
from typing import Literal

import msgspec

Role = Literal["user", "supervisor", "company-admin", "operator"]
"""of a person, the least first"""
RingStrategy = Literal["simultaneous", "sequence"]
Feature = Literal[
    "voicemail",
    "forward",
    "forward-off",
    "forward-busy",
    "forward-busy-off",
    "forward-no-answer",
    "forward-no-answer-off",
    "do-not-disturb",
    "do-not-disturb-off",
    "pickup",
    "group-pickup",
    "eavesdrop",
    "queue-login",
    "queue-logout",
    "echo",
]


def a1(user: str, domain: str, password: str) -> str:
    """Return the hash of a SIP account that stands for its password in digests (RFC 2617, section 3.2.2.2)."""
    return hashlib.md5(f"{user}:{domain}:{password}".encode(), usedforsecurity=False).hexdigest()


class _Named(msgspec.Struct, frozen=True, kw_only=True):
    dn: str = ""
    """where the entry stands in the directory"""


class Tenant(_Named, frozen=True, kw_only=True):
    """One company; its domain is in the names of everything that it has."""

    domain: str
    name: str
    language: str = "en"
    time_zone: str = "UTC"
    emergency: tuple[str, ...] = ("110", "112")
    """numbers that must always go out"""
    caller_id: str | None = None
    """the number shown outside where a user has none of its own"""
    outbound_prefix: str = "0"
    """what people dial to get a line; goes to the trunk as dialled"""
    enabled: bool = True


class User(_Named, frozen=True, kw_only=True):
    """A person with an extension."""

    tenant: str
    user: str
    """the extension, which is also the SIP user"""
    name: str
    mail: str | None = None
    password: str | None = None
    """of the phone; never leaves but as the hash below, and to the user's own phone"""
    hashed: str | None = None
    """MD5(user:domain:password), where the registry keeps that instead"""
    voicemail: bool = True
    voicemail_pin: str | None = None
    ring_seconds: int = 20
    forward_always: str | None = None
    forward_busy: str | None = None
    forward_no_answer: str | None = None
    do_not_disturb: bool = False
    caller_id: str | None = None
    pickup_groups: tuple[str, ...] = ()
    outbound: bool = True
    """may call outside (emergency numbers always may)"""
    role: Role = "user"
    supervises: tuple[str, ...] = ()
    """queues and ring groups, by name or number, of a supervisor"""
    speed_dials: tuple[tuple[str, str], ...] = ()
    """what the user dials, and the number that it stands for"""
    enabled: bool = True

    @property
    def a1(self) -> str | None:
        """What FreeSWITCH's `a1-hash` wants; the realm is the domain."""
        return self.hashed if self.password is None else a1(self.user, self.tenant, self.password)


class Phone(_Named, frozen=True, kw_only=True):
    """A device that fetches its settings by its MAC address (twelve lower-case hexadecimal digits)."""

    tenant: str
    mac: str
    vendor: str
    model: str = ""
    lines: tuple[str, ...] = ()
    """users, the first line first"""


class Trunk(_Named, frozen=True, kw_only=True):
    """A line to the world; one without a tenant serves all."""

    tenant: str | None
    name: str
    proxy: str
    realm: str | None = None
    username: str | None = None
    password: str | None = None
    register: bool = False
    priority: int = 1
    """the lowest is tried first"""
    emergency: bool = True
    """carries emergency calls"""
    leads_to: str | None = None
    """the node of the switch of our own at its other end; None: it leads to the world"""


class Switch(_Named, frozen=True, kw_only=True):
    """One of our own switches: what comes from its addresses was sent by it, and by nobody else."""

    tenant: str | None
    node: str
    """its Erlang node, as the settings name it: freeswitch@pbx1"""
    addresses: tuple[str, ...] = ()
    """of its SIP profiles, as the other switches see them"""


class Did(_Named, frozen=True, kw_only=True):
    """A number of the public network (+ and digits) and what it reaches inside."""

    tenant: str
    number: str
    target: str


class RingGroup(_Named, frozen=True, kw_only=True):
    """Phones that ring together or in turn."""

    tenant: str
    number: str
    name: str
    members: tuple[str, ...] = ()
    strategy: RingStrategy = "simultaneous"
    ring_seconds: int = 20
    fallback: str | None = None


class Agent(_Named, frozen=True, kw_only=True):
    """A user's place in a queue."""

    tenant: str
    queue: str
    user: str
    level: int = 1
    position: int = 1


class Queue(_Named, frozen=True, kw_only=True):
    """Where callers wait for an agent (mod_callcenter); `strategy` is one of that module's."""

    tenant: str
    number: str
    name: str
    strategy: str = "longest-idle-agent"
    music: str | None = None
    max_wait: int = 0
    """0: for ever"""
    fallback: str | None = None
    agents: tuple[Agent, ...] = ()


class Conference(_Named, frozen=True, kw_only=True):
    """A room; what is dialled is its number."""

    tenant: str
    number: str
    name: str
    pin: str | None = None
    moderator_pin: str | None = None


class Menu(_Named, frozen=True, kw_only=True):
    """A spoken menu: digits and where they lead."""

    tenant: str
    number: str
    name: str
    greeting: str
    choices: tuple[tuple[str, str], ...] = ()
    timeout: int = 5
    max_failures: int = 3
    fallback: str | None = None


class ParkLot(_Named, frozen=True, kw_only=True):
    """Places to park calls, dialled as numbers from `first` to `last`; after `timeout` the call comes back."""

    tenant: str
    name: str
    first: str
    last: str
    timeout: int = 120

    @property
    def numbers(self) -> list[str]:
        """The places, the first 1,000 of them."""
        first, last = int(self.first), int(self.last)
        return [f"{number:0{len(self.first)}}" for number in range(first, min(last, first + 999) + 1)]


class FeatureCode(_Named, frozen=True, kw_only=True):
    """What is dialled to have something done; some take digits behind the code."""

    tenant: str
    code: str
    feature: Feature


class Override(_Named, frozen=True, kw_only=True):
    """Dialplan of the operator's own, tried before everything but emergency calls, lowest order first."""

    tenant: str
    name: str
    order: int
    expression: str
    """a regular expression on the dialled number (PCRE)"""
    actions: tuple[tuple[str, str], ...] = ()
    """application and data"""


Entry = (
    Tenant
    | User
    | Phone
    | Trunk
    | Switch
    | Did
    | RingGroup
    | Queue
    | Agent
    | Conference
    | Menu
    | ParkLot
    | FeatureCode
    | Override
)
Destination = User | RingGroup | Queue | Conference | Menu | ParkLot
"""what a number inside a company can lead to"""
