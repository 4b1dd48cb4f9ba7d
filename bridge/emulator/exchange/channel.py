"""A channel of the emulated switch: what it is, in which state, and what its events say of it.

Sources: FreeSWITCH switch_channel.c, switch_caller.c, switch_types.h; the values are those of recorded events.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from bridge.emulator.exchange.threads import Thread

STATES: Final = (
    "CS_NEW",
    "CS_INIT",
    "CS_ROUTING",
    "CS_SOFT_EXECUTE",
    "CS_EXECUTE",
    "CS_EXCHANGE_MEDIA",
    "CS_PARK",
    "CS_CONSUME_MEDIA",
    "CS_HIBERNATE",
    "CS_RESET",
    "CS_HANGUP",
    "CS_REPORTING",
    "CS_DESTROY",
    "CS_NONE",
)
NUMBER: Final = {name: number for number, name in enumerate(STATES)}
CALL_STATES: Final = ("DOWN", "DIALING", "RINGING", "EARLY", "ACTIVE", "HELD", "RING_WAIT", "HANGUP", "UNHELD")
OUTBOUND_CALL: Final = ("Outbound Call", "")


@dataclass(slots=True)
class Profile:
    """Who calls whom, as a channel tells it. Fields in the order of their headers; empty ones are left out."""

    direction: str
    logical_direction: str
    username: str = ""
    dialplan: str = ""
    caller_name: str = ""
    caller_number: str = ""
    original_name: str = ""
    original_number: str = ""
    callee_name: str = ""
    callee_number: str = ""
    network: str = ""
    ani: str = ""
    destination: str = ""
    uuid: str = ""
    source: str = ""
    transfer_source: str = ""
    context: str = ""
    rdnis: str = ""
    channel_name: str = ""


@dataclass(slots=True)
class Times:
    """Marks of a channel's life, µs since the epoch, 0 for what has not been."""

    profile: int = 0
    created: int = 0
    answered: int = 0
    progress: int = 0
    media: int = 0
    hangup: int = 0
    transfer: int = 0
    resurrect: int = 0
    bridged: int = 0
    last_hold: int = 0
    hold_accum: int = 0


@dataclass(slots=True)
class Other:
    """The other leg as this one saw it last."""

    kind: str
    """originator or originatee"""
    profile: Profile
    times: Times


class Handset(Protocol):
    """A phone, as the switch knows it."""

    user: str
    domain: str
    port: int
    call_id: str
    registered_until: int

    @property
    def address(self) -> str:
        """user@domain"""

    @property
    def registered(self) -> bool:
        """Whether it can be called."""

    def invited(self, channel: Channel) -> Thread[None]:
        """Take a call, or not."""

    def lift(self, channel: Channel) -> Thread[None]:
        """Answer a call."""


@dataclass(slots=True, eq=False)
class Channel:
    """One leg."""

    uuid: str
    name: str
    profile: Profile
    times: Times
    variables: dict[str, str]
    presence: str = ""
    hit_dialplan: bool = False
    call_uuid: str = ""
    state: str = "CS_NEW"
    """where it shall go"""
    running: str = "CS_NONE"
    """where its thread is"""
    call_state: str = "DOWN"
    answer: str = "ringing"
    """ringing, early, answered, hangup"""
    cause: str = ""
    ending: str = ""
    """how it ends, by SIP"""
    codec: bool = False
    index: int = 1
    other: Other | None = None
    phone: Handset | None = None
    peer: Channel | None = None
    """with whom it is bridged"""
    twin: Channel | None = None
    """the other half of a loopback"""
    then: tuple[str, str] | None = None
    """what CS_SOFT_EXECUTE is for: an application and its argument"""
    actions: list[tuple[str, str]] = field(default_factory=list)
    """the dialplan's, for CS_EXECUTE"""
    queue: list[tuple[str, str]] = field(default_factory=list)
    """what it shall execute while it talks (uuid_broadcast, a key that is bound)"""
    doing: tuple[str, str] = ("", "")
    """the application that runs, and its argument"""
    held: bool = False
    taken: bool = False
    """somebody picks it up: whoever rings for it lets go"""
    interrupted: bool = False
    """what is played to it shall end"""
    touched: bool = False
    """a command was given for it"""
    kept: bool = False
    """somebody looks at it still: it is not destroyed yet"""
    recordings: dict[str, int] = field(default_factory=dict)
    """when each began, µs"""
    digits: str = ""
    """keys that its phone pressed, and nobody read yet"""
    presences: itertools.count[int] = field(default_factory=itertools.count)

    @property
    def outbound(self) -> bool:
        """Whether the switch called it."""
        return self.profile.direction == "outbound"

    @property
    def answered(self) -> bool:
        """Whether its phone has answered."""
        return self.answer == "answered"

    @property
    def up(self) -> bool:
        """Whether nobody has hung up."""
        return NUMBER[self.state] < NUMBER["CS_HANGUP"]

    def seen(self, kind: str, *, times: bool) -> Other:
        """Return this leg as another sees it from now on."""
        return Other(kind, replace(self.profile), replace(self.times) if times else Times())
