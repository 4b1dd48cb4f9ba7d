"""The life of a town: people of some companies call each other, are called from outside, wait in queues; now and then
somebody holds, transfers, parks, meets in a room. Deterministic by its seed.

A call that a command was given for is left alone: whoever gave it decides when it ends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Final

import msgspec

from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.commands import COMMANDS, hold, unhold
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.hearing import press
from bridge.emulator.exchange.outside import call_in, leave
from bridge.emulator.exchange.phones import Manner, Phone
from bridge.emulator.exchange.threads import Thread

SECOND: Final = 1_000_000
PACE: Final = 15.0
"""seconds between two calls, on the average"""
PATIENCE: Final = 120 * SECOND
CALLERS: Final = ("+491701234567", "+4930901820", "+441632960123", "+15550100234", "+493512345678")


class Town(msgspec.Struct, frozen=True):
    """One company, as its people and their callers know it."""

    domain: str
    users: tuple[str, ...]
    numbers: tuple[str, ...] = ()
    """public numbers of users"""
    queues: tuple[str, ...] = ()
    """public numbers of queues"""
    menus: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    """inside"""
    places: tuple[str, ...] = ()
    """where calls are parked, inside"""


class Life:
    """Makes calls, on and on, when its thread runs."""

    def __init__(self, exchange: Exchange, towns: Sequence[Town], random: Random, pace: float = PACE) -> None:
        self._exchange, self._towns, self._random, self._pace = exchange, list(towns), random, pace
        self.calls = 0

    def thread(self) -> Thread[None]:
        """Live."""
        while self._towns:
            yield self._exchange.threads.after(int(self._random.uniform(0.4, 1.6) * self._pace * SECOND))
            act = self._act(self._random.choice(self._towns))
            if act is not None:
                self.calls += 1
                self._exchange.start(act)

    def _act(self, town: Town) -> Thread[None] | None:
        free = self._free(town)
        acts: list[tuple[int, Callable[[], Thread[None]]]] = []
        if len(free) > 2:
            acts += [(40, lambda: self._inside(town, *self._random.sample(free, 3)))]
            acts += [(8, lambda: self._abroad(self._random.choice(free)))]
            acts += [(6, lambda: self._meeting(town, self._random.sample(free, 3)))] if town.rooms else []
        acts += [(14, lambda: self._called(town, town.numbers))] if town.numbers else []
        acts += [(26, lambda: self._queue(town))] if town.queues else []
        acts += [(6, lambda: self._menu(town))] if town.menus else []
        if not acts:
            return None
        return self._random.choices([act for _, act in acts], [weight for weight, _ in acts])[0]()

    def _free(self, town: Town) -> list[Phone]:
        phones = [self._exchange.phones.get(f"{user}@{town.domain}") for user in town.users]
        return [phone for phone in phones if isinstance(phone, Phone) and phone.registered and not phone.talking]

    # -- calls ----------------------------------------------------------------------------------------------------

    def _inside(self, town: Town, caller: Phone, callee: Phone, third: Phone) -> Thread[None]:
        callee.once = self._mood()
        leg = caller.dial(callee.user)
        yield from self._through(leg, lambda: caller.put_down(leg), town, callee, third)

    def _called(self, town: Town, numbers: Sequence[str]) -> Thread[None]:
        leg = call_in(self._exchange, self._random.choice(CALLERS), self._random.choice(numbers))
        yield from self._through(leg, lambda: leave(self._exchange, leg), town)

    def _abroad(self, caller: Phone) -> Thread[None]:
        leg = caller.dial(f"+4989{self._random.randint(1_000_000, 9_999_999)}")
        yield from self._through(leg, lambda: caller.put_down(leg))

    def _queue(self, town: Town) -> Thread[None]:
        leg = call_in(self._exchange, self._random.choice(CALLERS), self._random.choice(town.queues))
        until = self._exchange.threads.within(self._micros(25, 90), lambda: leg.peer is not None or not leg.up)
        if (yield until) and leg.up:
            yield self._exchange.threads.within(self._micros(15, 60), lambda: not leg.up)
        yield from self._end(leg, lambda: leave(self._exchange, leg))

    def _menu(self, town: Town) -> Thread[None]:
        leg = call_in(self._exchange, self._random.choice(CALLERS), self._random.choice(town.menus))
        yield self._exchange.threads.after(self._micros(3, 6))
        self._exchange.start(press(self._exchange, leg, self._random.choice("123")))
        yield from self._through(leg, lambda: leave(self._exchange, leg), town)

    def _meeting(self, town: Town, people: list[Phone]) -> Thread[None]:
        legs = []
        for phone in people:
            legs.append((phone, phone.dial(town.rooms[0])))
            yield self._exchange.threads.after(self._micros(1, 4))
        yield self._exchange.threads.after(self._micros(20, 50))
        for phone, leg in legs:
            yield self._exchange.threads.after(self._micros(0, 3))
            yield from self._end(leg, lambda phone=phone, leg=leg: phone.put_down(leg))  # type: ignore[misc]

    def _through(
        self,
        leg: Channel,
        end: Callable[[], None],
        town: Town | None = None,
        callee: Phone | None = None,
        third: Phone | None = None,
    ) -> Thread[None]:
        """See a call through: ringing, talk, perhaps something in it, the end."""
        threads = self._exchange.threads
        yield threads.within(PATIENCE, lambda: leg.peer is not None or leg.doing[0] == "voicemail" or not leg.up)
        if leg.up and leg.doing[0] == "voicemail":
            yield threads.within(self._micros(6, 14), lambda: not leg.up)
        elif leg.up:
            yield threads.within(self._micros(5, 20), lambda: not leg.up)
            if town is not None and callee is not None and third is not None and self._whole(leg):
                yield from self._something(leg, town, callee, third)
            yield threads.within(self._micros(5, 25), lambda: not leg.up)
        yield from self._end(leg, end)

    def _end(self, leg: Channel, end: Callable[[], None]) -> Thread[None]:
        if leg.touched or (leg.peer is not None and leg.peer.touched):
            yield self._exchange.threads.within(10 * 60 * SECOND, lambda: not leg.up)
        if leg.up:
            end()

    # -- what happens in a call -----------------------------------------------------------------------------------

    def _something(self, leg: Channel, town: Town, callee: Phone, third: Phone) -> Thread[None]:
        what = self._random.choices(["nothing", "hold", "blind", "attended", "park"], [33, 25, 14, 18, 10])[0]
        peer = leg.peer
        if peer is None or (what in ("blind", "attended", "park") and third.talking):
            return
        if what == "hold":
            hold(self._exchange, peer)
            yield self._exchange.threads.within(self._micros(4, 15), lambda: not leg.up)
            unhold(self._exchange, peer)
        elif what == "blind":
            self._say("uuid_transfer", f"{leg.uuid} {third.user} XML {town.domain}")
        elif what == "attended":
            yield from self._consult(leg, peer, town, third)
        elif what == "park" and town.places:
            self._say("uuid_transfer", f"{leg.uuid} {town.places[0]} XML {town.domain}")
            yield self._exchange.threads.within(self._micros(5, 15), lambda: not leg.up)
            if leg.up and not third.talking:
                third.dial(town.places[0])
        leg.touched = peer.touched = False

    def _consult(self, leg: Channel, by: Channel, town: Town, third: Phone) -> Thread[None]:
        """As Harmony's own command does it."""
        third.once, consult = Manner("answer", 1.5, 4.0), self._exchange.new_uuid()
        self._say("uuid_setvar", f"{leg.uuid} hold_music silence_stream://-1")
        target = f"{{origination_uuid={consult},loopback_bowout=false,loopback_bowout_on_execute=false}}"
        self._say("uuid_broadcast", f"{by.uuid} att_xfer::{target}loopback/{third.user}/{town.domain}/XML")
        met = yield self._exchange.threads.within(20 * SECOND, lambda: self._answered(consult) or not by.up)
        yield self._exchange.threads.within(self._micros(3, 9), lambda: not by.up)
        if met and by.up and self._answered(consult):
            self._say("uuid_kill", f"{by.uuid} NORMAL_CLEARING")

    def _answered(self, leg: str) -> bool:
        channel = self._exchange.channels.get(leg)
        return channel is not None and channel.up and channel.answered

    def _whole(self, leg: Channel) -> bool:
        return leg.up and leg.peer is not None and not leg.touched and not leg.peer.touched

    def _say(self, name: str, argument: str) -> None:
        """Give a command, as a program beside the switch would."""
        self._exchange.fire("API", [("API-Command", name), ("API-Command-Argument", argument)])
        COMMANDS[name](self._exchange, argument)

    def _mood(self) -> Manner:
        does = self._random.choices(["answer", "wait", "busy", "reject"], [80, 10, 5, 5])[0]
        return msgspec.convert({"does": does, "least": 2.0, "most": 8.0}, Manner)

    def _micros(self, least: float, most: float) -> int:
        return int(self._random.uniform(least, most) * SECOND)
