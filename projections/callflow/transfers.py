"""Transfers: who moved whom to where, by which means, and whether it came about.

Each means leaves its own trace, and only a trace counts: `transfer_to` and `refer_uuid` of a leg that sent a REFER
(mod_sofia, sofia_handle_sip_i_refer), the applications `att_xfer`, `transfer`, `intercept` and `valet_park`, a 302,
an API command. `transfer_history` is no trace: it says bl_xfer for any change of the dialplan.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator

from projections.callflow.document import Transfer, TransferKind, TransferResult
from projections.callflow.legs import Leg
from projections.callflow.moves import Moves
from projections.callflow.slices import PORTION, Slices

_NUMBER = re.compile(r"[+*#]?[0-9*#]+")
# Two reports of one command (API and BACKGROUND_JOB) come within this time (microseconds).
_SAME_COMMAND = 5_000_000
_SHORTEST_EXTENSION = 3


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
    to = got or (called.first if called else None)
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
        if leg is not None and moves.talked_at_all(leg, fact.at):
            moved = picked if picked is None or picked.direction != "outbound" else moves.caller(picked)
            yield _transfer("pickup", leg.party, moved, leg.party, fact.at, "completed")


def _parks(moves: Moves, known: list[Transfer]) -> Iterator[Transfer]:
    taken: set[str] = set()
    lots: dict[str, str] = {}
    told_at = sorted(one.at for one in known if one.kind in ("park", "command"))
    for fact in moves.facts:
        if fact.kind != "valet" or (parked := moves.leg(fact.leg)) is None:
            continue
        action = fact.data.get("action")
        if action == "hold":
            lots[parked.leg_id] = fact.data.get("lot", "")
            taken.discard(parked.leg_id)
            near = bisect_left(told_at, fact.at - 2_000_000 + 1)
            told = near < len(told_at) and told_at[near] < fact.at + 2_000_000
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


def transfers_of(moves: Moves) -> Slices[list[Transfer]]:
    """All transfers of the call, in the order in which they happened."""
    found: list[Transfer] = []
    for rule in (_by_refer, _by_feature_code, _moved_in_the_dialplan, _pickups, _commands):
        for move in rule(moves):
            found.append(move)
            if len(found) % PORTION == 0:
                yield
    found += _parks(moves, found)
    # The dialplan that brings a failed transfer back to who made it is part of that transfer.
    back = {one.by for one in found if one.result == "returned"}
    found = [one for one in found if not (one.kind == "forward" and one.to in back)]
    return sorted(found, key=lambda one: (one.at, one.kind, one.to or ""))
