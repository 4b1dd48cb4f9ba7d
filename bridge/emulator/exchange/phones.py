"""Simple phones that live: they ring, answer after a while or when told, are busy, do not answer, refuse, hang up.

A phone is a registered user of one company. What it does by itself is its manner; what a person would do at it are its
methods. A phone that talks is busy to whoever else calls it; one whose calls are all on hold takes another.
"""

from __future__ import annotations

from typing import Final, Literal

import msgspec

from bridge.emulator.exchange import asking
from bridge.emulator.exchange.channel import Channel, Profile
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.headers import Header
from bridge.emulator.exchange.session import answer, codecs, hang_up, ring_ready, session
from bridge.emulator.exchange.threads import TICK, Thread, Wait

SECOND: Final = 1_000_000
DEFAULT_EXPIRY: Final = 300
"""seconds for which a phone registers"""
AGAIN: Final = 2
"""seconds after which a phone that was refused tries again"""
EXPIRED: Final = 3
"""seconds that the switch keeps a registration that has run out"""
_AGENT: Final = "emulated-phone/1"


class Manner(msgspec.Struct, frozen=True):
    """How a phone takes calls."""

    does: Literal["answer", "wait", "busy", "reject"] = "answer"
    """wait: ring until told"""
    least: float = 2.0
    """seconds that it rings before it answers, and at most"""
    most: float = 5.0
    longest: float = 600.0
    """seconds after which whoever holds it is tired of talking"""


class Phone:
    """One phone."""

    def __init__(self, exchange: Exchange, user: str, domain: str, port: int, manner: Manner | None = None) -> None:
        self.user, self.domain, self.port = user, domain, port
        self.manner = manner or Manner()
        self.once: Manner | None = None
        """how it takes the next call, and no other"""
        self.lines: list[Channel] = []
        """the legs that it has, oldest first"""
        self.registered_until = 0
        """µs since the epoch"""
        self.name = user
        self.call_id = exchange.new_uuid()
        self._exchange = exchange
        exchange.phones[self.address] = self

    @property
    def address(self) -> str:
        """user@domain"""
        return f"{self.user}@{self.domain}"

    @property
    def registered(self) -> bool:
        """Whether it can be called."""
        return self.registered_until > self._exchange.now

    @property
    def talking(self) -> bool:
        """Whether it has a leg."""
        return any(line.up for line in self.lines)

    # -- what happens to it ---------------------------------------------------------------------------------------

    def invited(self, channel: Channel) -> Thread[None]:
        """Take a call, or not."""
        exchange, manner = self._exchange, self.once or self.manner
        talks = any(line.up and not line.held for line in self.lines)
        busy, self.once = talks or manner.does == "busy", None
        self._take(channel)
        yield exchange.threads.after(TICK)
        if not channel.up:
            return
        if busy:
            hang_up(exchange, channel, "USER_BUSY", "recv_refuse")
            return
        channel.variables["sip_call_id"] = exchange.new_uuid()
        ring_ready(exchange, channel)
        if manner.does == "wait":
            return
        seconds = exchange.random.uniform(manner.least, manner.most)
        gone = yield exchange.threads.within(int(seconds * SECOND), lambda: not channel.up)
        if not gone and manner.does == "reject":
            hang_up(exchange, channel, "CALL_REJECTED", "recv_refuse")
        elif not gone:
            yield from self.lift(channel)

    def _take(self, channel: Channel) -> None:
        channel.phone = self
        self.lines = [line for line in self.lines if line.up] + [channel]

    # -- what a person does at it ---------------------------------------------------------------------------------

    def lift(self, channel: Channel) -> Thread[None]:
        """Answer a call; it does not last for ever."""
        exchange = self._exchange
        if channel.answered or not channel.up:
            return
        codecs(exchange, channel)
        answer(exchange, channel)
        yield exchange.threads.within(int(self.manner.longest * SECOND), lambda: not channel.up)
        self.put_down(channel)

    def put_down(self, channel: Channel) -> None:
        """Hang up, stop calling, or refuse."""
        if channel.answered:
            hang_up(self._exchange, channel, "NORMAL_CLEARING", "recv_bye")
        elif channel.outbound:
            hang_up(self._exchange, channel, "CALL_REJECTED", "recv_refuse")
        else:
            hang_up(self._exchange, channel, "ORIGINATOR_CANCEL", "recv_cancel")

    def dial(self, number: str, uuid: str = "") -> Channel:
        """Call a number; return the leg."""
        exchange = self._exchange
        profile = Profile(
            direction="inbound",
            logical_direction="inbound",
            username=self.user,
            dialplan="XML",
            caller_name=self.name,
            caller_number=self.user,
            original_name=self.name,
            original_number=self.user,
            network="127.0.0.1",
            ani=self.user,
            destination=number,
            source="mod_sofia",
            context=self.domain,
        )
        channel = exchange.new_channel(profile, f"sofia/internal/{self.address}", uuid)
        channel.hit_dialplan = True
        self._take(channel)
        exchange.start(self._calling(channel))
        return channel

    def _calling(self, channel: Channel) -> Thread[None]:
        exchange, number = self._exchange, channel.profile.destination
        channel.running = "CS_NEW"
        exchange.emit(channel, "CHANNEL_STATE")
        found = yield from self.authenticate("INVITE", number)
        if found is None:
            exchange.channels.pop(channel.uuid, None)  # refused before it was a call: 403
            channel.state = "CS_DESTROY"
            return
        channel.presence = self.address
        channel.variables |= {
            "sip_from_user": self.user,
            "sip_from_host": self.domain,
            "sip_call_id": exchange.new_uuid(),
            "sip_authorized": "true",
            "sip_auth_username": self.user,
            "sip_auth_realm": self.domain,
            "number_alias": self.user,
            **found.variables,
            "user_name": self.user,
            "domain_name": self.domain,
            "sofia_profile_name": "internal",
            "sip_req_user": number,
            "sip_req_host": self.domain,
            "sip_to_user": number,
            "sip_to_host": self.domain,
            "sip_user_agent": _AGENT,
            "presence_id": self.address,
            "endpoint_disposition": "DELAYED NEGOTIATION" if exchange.late else "RECEIVED",
        }
        if not exchange.late:
            codecs(exchange, channel)
        channel.state = "CS_INIT"
        exchange.start(session(exchange, channel))

    # -- registration ---------------------------------------------------------------------------------------------

    def authenticate(self, method: str, to_user: str, expires: int = DEFAULT_EXPIRY) -> Thread[asking.User | None]:
        """Show the password; return the user whose it is, None when it is refused."""
        exchange = self._exchange
        exchange.fire("CUSTOM", self._told(expires), "sofia::pre_register")
        more = [
            ("sip_profile", "internal"),
            ("sip_auth_username", self.user),
            ("sip_auth_realm", self.domain),
            ("sip_to_user", to_user),
            ("sip_to_host", self.domain),
            ("sip_from_user", self.user),
            ("sip_from_host", self.domain),
            ("sip_auth_method", method),
        ]
        yield exchange.threads.after(TICK)
        found = yield from asking.user(exchange, self.user, self.domain, "sip_auth", more)
        if found is not None:
            self.name = found.variables.get("effective_caller_id_name", self.user)
        result = "RENEWED" if found is not None else "FORBIDDEN"
        told = [*self._told(expires, proven=True), ("auth-result", result)]
        exchange.fire("CUSTOM", told, "sofia::register_attempt")
        return found

    def stay(self) -> Thread[None]:
        """Register, again and again; while it is refused (nobody may know the users yet) it tries more often."""
        exchange = self._exchange
        while True:
            known = yield from self.register(DEFAULT_EXPIRY)
            yield exchange.threads.after((DEFAULT_EXPIRY // 2 if known else AGAIN) * SECOND)

    def register(self, expires: int) -> Thread[bool]:
        """Register for so many seconds, 0: not any more; say whether the switch took it."""
        exchange = self._exchange
        found = yield from self.authenticate("REGISTER", self.user, expires)
        if found is None:
            told = self._told(expires, proven=True)
            exchange.fire("CUSTOM", [*told[:3], ("network-ip", "127.0.0.1"), *told[-1:]], "sofia::register_failure")
            return False
        own = {
            "sip_number_alias": self.user,
            "sip_auth_username": self.user,
            "sip_auth_realm": self.domain,
            "number_alias": self.user,
            "user_name": self.user,
            "domain_name": self.domain,
        }
        theirs = (own | found.variables).items()
        told = [*self._told(expires, proven=True), *theirs]
        if expires:
            self.registered_until = exchange.threads.now + expires * SECOND
            exchange.fire("CUSTOM", [*told[:3], ("presence-hosts", "n/a"), *told[3:]], "sofia::register")
            exchange.start(self._expiry(self.registered_until))
        else:
            self.registered_until = 0
            self._absent()
            said = dict(self._told(expires, proven=True))
            gone = ["profile-name", "username", "from-user", "from-host", "contact", "call-id", "rpid", "realm"]
            gone += ["network-ip", "network-port", "user-agent", "expires"]
            exchange.fire("CUSTOM", [*((name, said[name]) for name in gone), *theirs], "sofia::unregister")
        return True

    def _expiry(self, until: int) -> Thread[None]:
        exchange = self._exchange
        yield Wait(lambda: self.registered_until != until, until + EXPIRED * SECOND)
        if self.registered_until == until:
            told = [
                ("profile-name", "internal"),
                ("user", self.user),
                ("username", self.user),
                ("host", self.domain),
                ("call-id", self.call_id),
                ("contact", f'"" <sip:{self.user}@127.0.0.1:{self.port}>'),
                ("expires", str(until // SECOND)),
                ("user-agent", _AGENT),
                ("realm", self.domain),
                ("network-ip", "127.0.0.1"),
                ("network-port", str(self.port)),
            ]
            exchange.fire("CUSTOM", told, "sofia::expire")
            self.registered_until = 0
            self._absent()

    def _absent(self) -> None:
        told = [
            ("proto", "sip"),
            ("rpid", "unknown"),
            ("login", "sip:mod_sofia@127.0.0.1:5060"),
            ("user-agent", _AGENT),
            ("from", self.address),
            ("status", "Unregistered"),
            ("presence-source", "register"),
            ("event_type", "presence"),
        ]
        self._exchange.fire("PRESENCE_IN", told)

    def _told(self, expires: int, *, proven: bool = False) -> list[Header]:
        who = [("username", self.user), ("realm", self.domain)] if proven else []
        return [
            ("profile-name", "internal"),
            ("from-user", self.user),
            ("from-host", self.domain),
            ("contact", f'"" <sip:{self.user}@127.0.0.1:{self.port}>'),
            ("call-id", self.call_id),
            ("rpid", "unknown"),
            ("status", "Registered(UDP)"),
            ("expires", str(expires)),
            ("to-user", self.user),
            ("to-host", self.domain),
            ("network-ip", "127.0.0.1"),
            ("network-port", str(self.port)),
            *who,
            ("user-agent", _AGENT),
        ]
