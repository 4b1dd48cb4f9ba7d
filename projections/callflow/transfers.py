"""Transfers: who moved whom to where, by which means, and whether it came about.

Each means leaves its own trace, and only a trace counts: `transfer_to` and `refer_uuid` of a leg that sent a REFER
(mod_sofia, sofia_handle_sip_i_refer), the applications `att_xfer`, `transfer`, `intercept` and `valet_park`, a 302,
an API command. `transfer_history` is no trace: it says bl_xfer for any change of the dialplan.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from core.numbers import LATEST, number
from projections.callflow.document import Transfer, TransferKind, TransferResult
from projections.callflow.fact import Fact
from projections.callflow.legs import Leg
from projections.callflow.offers import connections
from projections.callflow.timeline import Stretch

_NUMBER = re.compile(r"[+*#]?[0-9*#]+")
_HISTORY = re.compile(r"(\d+):[^:]*:bl_xfer:([^/]*)/.*")
_SLACK = 50_000
# Two reports of one command (API and BACKGROUND_JOB) come within this time (microseconds).
_SAME_COMMAND = 5_000_000
# Applications of a number that only passes a call on.
_PASSING = frozenset({"bridge", "transfer", "execute_extension"})
_SHORTEST_EXTENSION = 3
_SERVICES = frozenset({"park", "voicemail", "conference", "queue", "ivr"})
_TALKS = frozenset({"talk", "consult"})


class Reached(msgspec.Struct, frozen=True):
    """Where a moved leg arrived."""

    to: str | None
    result: TransferResult | None
    service: str = ""


class Moves:
    """Everything that the rules below look up, made once a call."""

    def __init__(
        self, facts: Sequence[Fact], legs: dict[str, Leg], names: dict[str, str], stretches: Sequence[Stretch]
    ) -> None:
        self.facts = facts
        self.legs = legs
        self.names = names
        self.stretches = stretches
        self.connected = connections(stretches)

    def leg(self, leg_id: str) -> Leg | None:
        leg_id = leg_id.strip()
        return self.legs.get(self.names.get(leg_id, leg_id))

    def talked(self, one: Leg, others: Sequence[Leg], after: int) -> bool:
        """Did `one` talk with any of `others` from `after` on?"""
        ids = {other.leg_id for other in others}
        return any(
            stretch.kind in _TALKS
            and one.leg_id in stretch.legs
            and not ids.isdisjoint(stretch.legs)
            and (stretch.ended_at is None or stretch.ended_at > after + _SLACK)
            for stretch in self.stretches
        )

    def peer(self, leg: Leg, before: int) -> Leg | None:
        """With whom a leg last talked, or who was waiting for it, before an instant."""
        for stretch in reversed(self.stretches):
            if stretch.started_at > before:
                continue
            if stretch.kind in _TALKS and leg.leg_id in stretch.legs and len(stretch.legs) > 1:
                return self.legs[next(other for other in stretch.legs if other != leg.leg_id)]
        return None

    def talking(self, leg: Leg, since: int, until: int) -> bool:
        """Did this leg talk with somebody at any time between two instants?"""
        return any(
            stretch.kind in _TALKS
            and leg.leg_id in stretch.legs
            and stretch.started_at < until
            and (stretch.ended_at is None or stretch.ended_at >= since)
            for stretch in self.stretches
        )

    def served(self, leg: Leg, number: str, until: int) -> bool:
        """Did this number serve the leg (a menu, a queue, a talk with who answered), and not only pass it on?"""
        mine = [
            fact
            for fact in self.facts
            if fact.kind == "execute"
            and fact.at <= until
            and fact.data.get("destination") == number
            and self.leg(fact.leg) is leg
        ]
        if any(fact.data["app"] not in _PASSING for fact in mine):
            return True
        return bool(mine) and mine[0].at < until and self.talking(leg, mine[0].at + _SLACK, until)

    def caller(self, leg: Leg) -> Leg | None:
        """Who is calling this leg, seen through loopback legs."""
        seen: set[str] = set()
        parent = self.legs.get(leg.parent or "")
        while parent is not None and parent.hidden and parent.leg_id not in seen:
            seen.add(parent.leg_id)
            parent = self.legs.get(parent.parent or "")
        return parent

    def called(self, leg: Leg, after: int) -> list[Leg]:
        """The legs that were called for this one from an instant on, first attempt first."""
        return [
            one
            for one in self.legs.values()
            if one.real and one.direction == "outbound" and one.created_at >= after - _SLACK and self.caller(one) is leg
        ]

    def numbers(self, leg: Leg, after: int) -> list[tuple[int, str]]:
        """The numbers that a moved leg was sent to, as its dialplan saw them, and since when."""
        seen = [
            (fact.at, fact.data["destination"])
            for fact in self.facts
            if fact.kind == "execute"
            and fact.at >= after - _SLACK
            and fact.data.get("destination")
            and self.leg(fact.leg) is leg
        ]
        if seen:
            return seen
        # Refused before any application that counts: the leg's own list of transfers remembers the number.
        told = (_HISTORY.fullmatch(entry) for entry in leg.history)
        since = [(number(one[1], LATEST // 1_000_000), one[2]) for one in told if one]
        return [(at * 1_000_000, to) for at, to in since if at is not None and at >= after // 1_000_000]

    def reached(self, leg: Leg, after: int, by: Leg | None = None, number: str | None = None) -> Reached:
        """Where a leg arrived that was moved at an instant; `number` is where it was sent, if the means says so."""
        numbers = self.numbers(leg, after)
        number = number or (numbers[0][1] if numbers else None)
        called = self.called(leg, after - 1_000_000 if by is None else after)
        called = [one for one in called if one.created_at >= after - _SLACK]
        service = next(
            (
                one
                for one in self.stretches
                if one.kind in _SERVICES and leg.leg_id in one.legs and one.started_at >= after - _SLACK
            ),
            None,
        )
        if service is not None and not (called and called[0].created_at <= service.started_at):
            name = service_party(service, leg)
            if service.kind == "voicemail" and number and name == f"voicemail:{number}":
                return Reached(number, "failed", service.kind)
            return Reached(name, "completed", service.kind)
        if not called:
            return Reached(number, "failed" if leg.ended_at else None)
        reached = next((one for one in called if self.talked(leg, [one], after)), None)
        returned = by is not None and reached is not None and reached.party == by.party and reached is not called[0]
        tried = list(dict.fromkeys(one.party for one in called if not (returned and by and one.party == by.party)))
        tried = tried or [called[0].party]
        sent_on = [what for when, what in numbers if after < when <= called[0].created_at + _SLACK and what != number]
        # Several phones behind one number are a group, and a number that sent the call on was still where it went.
        to = number if number and (len(tried) > 1 or sent_on) else tried[0]
        if reached is not None:
            return Reached(to, "returned" if returned else "completed")
        return Reached(to, None if not leg.ended_at or any(not one.ended_at for one in called) else "failed")


def service_party(stretch: Stretch, leg: Leg) -> str:
    """A service as a party: `park:5901`, `voicemail:1005`, `queue:support`, `conference:3001`, `ivr:main`."""
    name = stretch.what
    if not name:
        return stretch.kind
    if stretch.kind == "voicemail":
        words = name.split()
        name = words[-1] if words else ""
    elif stretch.kind == "queue":
        name = name.partition("@")[0]
    return f"{stretch.kind}:{name}"


def _transfer(
    kind: TransferKind, by: str | None, moved: Leg | None, to: str | None, at: int, result: TransferResult | None
) -> Transfer:
    return Transfer(kind=kind, by=by, from_=moved.party if moved else None, to=to, at=at, result=result)


def _by_refer(moves: Moves) -> Iterator[Transfer]:
    for leg in moves.legs.values():
        how, _, other = leg.transfer_to.partition(":")
        if how == "blind" and (moved := moves.leg(other)):
            reached = moves.reached(moved, leg.ended_at, leg)
            kind: TransferKind = "park" if reached.service == "park" else "blind"
            yield _transfer(kind, leg.party, moved, reached.to, leg.ended_at, reached.result)
        elif leg.refer and (consult := moves.leg(leg.refer)):
            yield _attended(moves, leg, consult, moves.leg(other) if how == "att" else None)


def _attended(moves: Moves, leg: Leg, consult: Leg, target: Leg | None) -> Transfer:
    # The transferor's own leg may linger; the consultation's ends with the transfer.
    at = min(ended for ended in (leg.ended_at, consult.ended_at or leg.ended_at))
    how, _, waiting = consult.transfer_to.partition(":")
    moved = (moves.leg(waiting) if how == "satt" else None) or moves.peer(leg, at)
    if target is not None:
        done = moved is not None and moves.talked(target, [moved], at)
        over = target.ended_at or (moved is not None and moved.ended_at)
        kind: TransferKind = "attended" if 0 < target.answered_at <= at else "semi_attended"
        return _transfer(kind, leg.party, moved, target.party, at, "completed" if done else "failed" if over else None)
    called = moves.called(consult, consult.created_at)
    if not called and moved is not None:
        reached = moves.reached(moved, at, leg)
        kind = "park" if reached.service == "park" else "attended"
        return _transfer(kind, leg.party, moved, reached.to, at, reached.result)
    got = next((one for one in called if moved is not None and moves.talked(moved, [one], at)), None)
    to = got or (called[0] if called else None)
    over = all(one.ended_at for one in called) or (moved is not None and moved.ended_at)
    result: TransferResult | None = "completed" if got else "failed" if over else None
    return _transfer("semi_attended", leg.party, moved, to.party if to else consult.destination, at, result)


def _by_feature_code(moves: Moves) -> Iterator[Transfer]:
    """`att_xfer`: nobody is transferred before the transferor hangs up; until then it is a consultation."""
    for fact in moves.facts:
        leg = moves.leg(fact.leg)
        if fact.kind != "execute" or fact.data["app"] != "att_xfer" or leg is None or not leg.ended_at:
            continue
        moved = moves.peer(leg, fact.at)
        targets = moves.called(leg, fact.at)
        target = next((one for one in targets if not one.ended_at or one.ended_at >= leg.ended_at), None)
        if moved is None or target is None or (moved.ended_at and moved.ended_at <= leg.ended_at):
            continue
        done = moves.talked(target, [moved], leg.ended_at)
        over = target.ended_at or moved.ended_at
        asked = 0 < target.answered_at <= leg.ended_at
        kind: TransferKind = "attended" if asked else "semi_attended"
        yield _transfer(
            kind, leg.party, moved, target.party, leg.ended_at, "completed" if done else "failed" if over else None
        )


def _moved_in_the_dialplan(moves: Moves) -> Iterator[Transfer]:
    for leg in moves.legs.values():
        if leg.cause == "REDIRECTION_TO_NEW_DESTINATION" and leg.redirect and not leg.answered_at:
            caller = moves.caller(leg)
            if caller is not None:
                reached = moves.reached(caller, leg.ended_at, number=leg.redirect)
                yield _transfer("forward", leg.party, caller, reached.to or leg.redirect, leg.ended_at, reached.result)
    for fact in moves.facts:
        if fact.kind != "execute" or fact.data["app"] != "transfer":
            continue
        moved = moves.leg(fact.leg)
        target, _, rest = fact.data.get("arguments", "").partition(" ")
        context = rest.partition(" ")[2].strip() or fact.data.get("context", "")
        number = fact.data.get("destination", "")
        if moved is None or moved.hidden:
            continue
        if target == "-bleg" and (peer := moves.peer(moved, fact.at)) is not None:
            reached = moves.reached(peer, fact.at, moved, rest.split(" ")[0] or None)
            yield _transfer("blind", moved.party, peer, reached.to, fact.at, reached.result)
            continue
        if moves.talking(moved, fact.at + 1, fact.at):
            reached = moves.reached(moved, fact.at, number=target)
            yield _transfer("command", None, moved, reached.to, fact.at, reached.result)
            continue
        if moves.served(moved, number, fact.at):
            continue
        # The way from a trunk to a company changes the context, and is no forward.
        if context != fact.data.get("context") or target == number:
            continue
        if not (_NUMBER.fullmatch(target) and _NUMBER.fullmatch(number)):
            continue
        if moved.answered_at and moved.answered_at <= fact.at and len(number) < _SHORTEST_EXTENSION:
            continue  # behind a menu a digit is a choice and nobody's number
        reached = moves.reached(moved, fact.at, number=target)
        yield _transfer("forward", number, moved, reached.to or target, fact.at, reached.result)


def _pickups(moves: Moves) -> Iterator[Transfer]:
    for fact in moves.facts:
        if fact.kind != "execute" or fact.data["app"] not in ("intercept", "pickup"):
            continue
        leg = moves.leg(fact.leg)
        picked = moves.leg(fact.data.get("arguments", "").split()[-1]) if fact.data.get("arguments") else None
        others = [one for one in moves.legs.values() if one is not leg]
        if leg is not None and moves.talked(leg, others, fact.at):
            moved = picked if picked is None or picked.direction != "outbound" else moves.caller(picked)
            yield _transfer("pickup", leg.party, moved, leg.party, fact.at, "completed")


def _parks(moves: Moves, known: list[Transfer]) -> Iterator[Transfer]:
    taken: set[str] = set()
    lots: dict[str, str] = {}
    for fact in moves.facts:
        if fact.kind != "valet" or (parked := moves.leg(fact.leg)) is None:
            continue
        action = fact.data.get("action")
        if action == "hold":
            lots[parked.leg_id] = fact.data.get("lot", "")
            taken.discard(parked.leg_id)
            told = any(one.kind in ("park", "command") and abs(one.at - fact.at) < 2_000_000 for one in known)
            peer = moves.peer(parked, fact.at)
            if peer is not None and not told and moves.talking(parked, fact.at - 3_000_000, fact.at):
                lot = f"park:{fact.data.get('lot', '')}"
                yield _transfer("park", peer.party, parked, lot, fact.at, "completed")
        elif action == "bridge" and (taker := moves.leg(fact.data.get("to", ""))):
            taken.add(parked.leg_id)
            yield _transfer("retrieve", taker.party, parked, taker.party, fact.at, "completed")
        elif parked.leg_id in lots and parked.leg_id not in taken:
            lot = lots.pop(parked.leg_id)
            if not parked.ended_at or parked.ended_at - fact.at > 200_000:
                reached = moves.reached(parked, fact.at)
                yield _transfer("park_return", f"park:{lot}", parked, reached.to, fact.at, reached.result)


def _commands(moves: Moves) -> Iterator[Transfer]:
    seen: dict[tuple[str, str], int] = {}
    for fact in moves.facts:
        if fact.kind != "command":
            continue
        command, arguments = fact.data["command"], fact.data["arguments"]
        last = seen.get((command, arguments))
        seen[command, arguments] = fact.at
        if last is not None and fact.at - last < _SAME_COMMAND:
            continue
        words = arguments.split()
        moved = moves.leg(words[0]) if words else None
        if moved is None or not moved.last_seen:
            continue
        if command == "uuid_transfer" and len(words) > 1:
            if words[1] == "-bleg":
                moved = moves.peer(moved, fact.at) or moved
            number = next((word for word in words[1:] if not word.startswith("-")), None)
            reached = moves.reached(moved, fact.at, number=number)
            kind: TransferKind = "park" if reached.service == "park" else "command"
            yield _transfer(kind, None, moved, reached.to, fact.at, reached.result)
        elif command == "uuid_bridge" and len(words) > 1 and (other := moves.leg(words[1])):
            before = [moves.connected.get(one.leg_id, fact.at) < fact.at for one in (moved, other)]
            if any(before):
                done = moves.talked(moved, [other], fact.at)
                over = moved.ended_at or other.ended_at
                result: TransferResult | None = "completed" if done else "failed" if over else None
                yield _transfer("command", None, moved, other.party, fact.at, result)
        elif command == "uuid_park" and moved.leg_id in moves.connected:
            yield _transfer("park", None, moved, "park", fact.at, "completed")


def transfers_of(moves: Moves) -> list[Transfer]:
    """All transfers of the call, in the order in which they happened."""
    rules = (_by_refer, _by_feature_code, _moved_in_the_dialplan, _pickups, _commands)
    found = [move for rule in rules for move in rule(moves)]
    found += _parks(moves, found)
    # The dialplan that brings a failed transfer back to who made it is part of that transfer.
    back = {one.by for one in found if one.result == "returned"}
    found = [one for one in found if not (one.kind == "forward" and one.to in back)]
    return sorted(found, key=lambda one: (one.at, one.kind, one.to or ""))
