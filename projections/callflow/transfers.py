"""Transfers: who moved whom to where, by which means, and whether it came about.

**Only a trace counts.** Each means of moving somebody leaves a trace of its own, and each rule here reads one of them
(mod_sofia, sofia_handle_sip_i_refer; mod_dptools; mod_valet_parking):

    _by_refer                `transfer_to`, `refer_uuid` of who sent a REFER    blind, attended, semi_attended, park
    _by_feature_code         the application `att_xfer`                         attended, semi_attended
    _moved_in_the_dialplan   the application `transfer`; a 302 led on by it     forward, blind, park, command
    _followed_redirects      a 302 that the switch follows within the leg       forward
    _pickups                 the applications `intercept` and `pickup`          pickup
    _parks                   mod_valet_parking's own events                     park, retrieve, park_return
    _commands                `uuid_transfer` and others, from the API           command, park

`transfer_history` is no trace of a person: it says `bl_xfer` for any change of the dialplan.

**What came of it** is read from what happened next to the leg that was moved (`moves`). A result is `completed` when it
talked with the target or stands in a service, `failed` when nothing of the kind happened and a leg that had to be there
has ended, `returned` when it came back to the transferor. It is None while neither can be said: the transfer is open,
and not published yet.

**One move, one transfer.** One act can leave two traces. A park by REFER is also seen by mod_valet_parking; an API
command is reported as API and as BACKGROUND_JOB; the switch's own `uuid_bridge` after a three-way looks like an
operator's; the dialplan that brings a failed transfer back looks like a forward. Each rule leaves out what another has
found, and `transfers_of` runs `_parks` last, with what the others found.

**Order.** A dialplan executes many applications within one tick of the switch's clock. Transfers are ordered by the
time and the Event-Sequence of their trace (`When`).
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator

from msgspec import structs

from core.numbers import LATEST
from core.numbers import number as core_number
from projections.callflow.document import Transfer, TransferKind, TransferResult
from projections.callflow.fact import Fact
from projections.callflow.leg import Leg
from projections.callflow.moves import Moves
from projections.callflow.slices import PORTION, Slices

_NUMBER = re.compile(r"[+*#]?[0-9*#]+")
# Two reports of one command (API and BACKGROUND_JOB) come within this time (microseconds).
_SAME_COMMAND = 5_000_000
_SHORTEST_EXTENSION = 3
# The scheduler counts in whole seconds (switch_scheduler.c), and may come early by one (microseconds).
_EARLY = 1_000_000


# When it was: microseconds since 1970, and the Event-Sequence. A dialplan runs within one tick of the switch's clock.
When = tuple[int, int]
Found = tuple[When, Transfer]


def _transfer(
    kind: TransferKind, by: str | None, moved: Leg | None, to: str | None, when: When, result: TransferResult | None
) -> Found:
    return when, Transfer(kind=kind, by=by, from_=moved.party if moved else None, to=to, at=when[0], result=result)


def _of(fact: Fact) -> When:
    return fact.at, fact.seq


def _end(leg: Leg) -> When:
    return leg.ended_at, leg.ended_seq


def _by_refer(moves: Moves) -> Iterator[Found]:
    for leg in moves.legs.values():
        how, _, other = leg.transfer_to.partition(":")
        if how == "blind" and (moved := moves.leg(other)):
            reached = moves.reached(moved, leg.ended_at, leg)
            kind: TransferKind = "park" if reached.service == "park" else "blind"
            yield _transfer(kind, leg.party, moves.who(moved), reached.to, _end(leg), reached.result)
        elif leg.refer and (consult := moves.leg(leg.refer)):
            yield _attended(moves, leg, consult, moves.leg(other) if how == "att" else None)


def _attended(moves: Moves, leg: Leg, consult: Leg, target: Leg | None) -> Found:
    # The transferor's own leg may linger; the consultation's ends with the transfer.
    when = min(_end(leg), _end(consult)) if consult.ended_at else _end(leg)
    at = when[0]
    how, _, waiting = consult.transfer_to.partition(":")
    moved = (moves.leg(waiting) if how == "satt" else None) or moves.peer(leg, at)
    if target is not None:
        target = moves.who(target)
        done = moved is not None and moves.talked(target, [moved], at)
        over = target.ended_at or (moved is not None and moved.ended_at)
        kind: TransferKind = "attended" if 0 < target.answered_at <= at else "semi_attended"
        return _transfer(
            kind, leg.party, moved, target.party, when, "completed" if done else "failed" if over else None
        )
    called = moves.called(consult, consult.created_at)
    if not called and moved is not None:
        reached = moves.reached(moved, at, leg)
        kind = "park" if reached.service == "park" else "attended"
        return _transfer(kind, leg.party, moved, reached.to, when, reached.result)
    got = next((callee for callee in called if moved is not None and moves.talked(moved, [callee], at)), None)
    if got is None and moved is not None:
        # What rang for the consultation rang in a queue, in which the caller waits from now on.
        reached = moves.reached(moved, at, leg)
        if reached.service == "queue":
            return _transfer("attended", leg.party, moved, reached.to, when, reached.result)
    to = got or (called.first if called else None)
    over = all(callee.ended_at for callee in called) or (moved is not None and moved.ended_at)
    result: TransferResult | None = "completed" if got else "failed" if over else None
    return _transfer("semi_attended", leg.party, moved, to.party if to else consult.destination, when, result)


def _by_feature_code(moves: Moves) -> Iterator[Found]:
    """`att_xfer`: nobody is transferred before the transferor hangs up; until then it is a consultation."""
    for fact in moves.facts:
        leg = moves.leg(fact.leg)
        if fact.kind != "execute" or fact.data["app"] != "att_xfer" or leg is None or not leg.ended_at:
            continue
        moved = moves.peer(leg, fact.at)
        targets = moves.called(leg, fact.at)
        target = next((callee for callee in targets if not callee.ended_at or callee.ended_at >= leg.ended_at), None)
        if moved is None or target is None or (moved.ended_at and moved.ended_at <= leg.ended_at):
            continue
        done = moves.talked(target, [moved], leg.ended_at)
        over = target.ended_at or moved.ended_at
        consulted = 0 < target.answered_at <= leg.ended_at
        kind: TransferKind = "attended" if consulted else "semi_attended"
        yield _transfer(
            kind, leg.party, moved, target.party, _end(leg), "completed" if done else "failed" if over else None
        )


def _dialled(target: str) -> str:
    """The number in a transfer's target (`1004 XML alpha.example`); empty for an inline dialplan, which dials none."""
    words = target.split()
    return "" if not words or words[-1] == "inline" or "inline" in words[1:2] else words[0]


def _moved_in_the_dialplan(moves: Moves) -> Iterator[Found]:
    for leg in moves.legs.values():
        if leg.cause == "REDIRECTION_TO_NEW_DESTINATION" and leg.redirect and not leg.answered_at:
            caller = moves.caller(leg)
            if caller is not None:
                reached = moves.reached(caller, leg.ended_at, number=leg.redirect)
                yield _transfer("forward", leg.party, caller, reached.to or leg.redirect, _end(leg), reached.result)
    for fact in moves.facts:
        if fact.kind != "execute" or fact.data["app"] != "transfer":
            continue
        moved = moves.leg(fact.leg)
        target, _, rest = fact.data.get("arguments", "").partition(" ")
        context = rest.partition(" ")[2].strip() or fact.data.get("context", "")
        number = fact.data.get("destination", "")
        if moved is None or (moved.hidden and not moved.far):
            continue
        person = moves.who(moved)
        if target == "-bleg" and (peer := moves.peer(moved, fact.at)) is not None:
            reached = moves.reached(peer, fact.at, moved, _dialled(rest))
            yield _transfer(
                "park" if reached.service == "park" else "blind",
                person.party,
                peer,
                reached.to,
                _of(fact),
                reached.result,
            )
            continue
        if moves.talking(moved, fact.at + 1, fact.at):
            reached = moves.reached(moved, fact.at, number=_dialled(fact.data.get("arguments", "")))
            yield _transfer("command", None, person, reached.to, _of(fact), reached.result)
            continue
        if moves.served(moved, number, fact.at):
            continue
        # The way from a trunk to a company changes the context, and is no forward.
        if context != fact.data.get("context") or target == number:
            continue
        if not (_NUMBER.fullmatch(target) and _NUMBER.fullmatch(number)):
            continue
        if number.startswith(("*", "#")):
            continue  # a code that stands for a number is nobody who could forward
        if moved.answered_at and moved.answered_at <= fact.at and len(number) < _SHORTEST_EXTENSION:
            continue  # behind a menu a digit is a choice and nobody's number
        if fact.data.get("speed_dial") == number:
            continue  # by the registry's word: it stands for the number, whatever the two look like
        if moves.dials(moved, number, target, fact):
            continue
        reached = moves.reached(moved, fact.at, number=target)
        yield _transfer("forward", number, person, reached.to or target, _of(fact), reached.result)


def _followed_redirects(moves: Moves) -> Iterator[Found]:
    for leg in moves.legs.values():
        if leg.redirected_from:
            done = leg.leg_id in moves.connected
            result: TransferResult | None = "completed" if done else "failed" if leg.ended_at else None
            caller = moves.caller(leg)
            yield _transfer("forward", leg.redirected_from, caller, leg.party, (leg.redirected_at, 0), result)


def _pickups(moves: Moves) -> Iterator[Found]:
    for fact in moves.facts:
        if fact.kind != "execute" or fact.data["app"] not in ("intercept", "pickup"):
            continue
        leg = moves.leg(fact.leg)
        picked = moves.leg(fact.data.get("arguments", "").split()[-1]) if fact.data.get("arguments") else None
        if leg is not None and moves.talked_at_all(leg, fact.at):
            leg = moves.who(leg)
            moved = picked if picked is None or picked.direction != "outbound" else moves.caller(picked)
            yield _transfer("pickup", leg.party, moved, leg.party, _of(fact), "completed")


def _parks(moves: Moves, known: list[Found]) -> Iterator[Found]:
    taken: set[str] = set()
    lots: dict[str, str] = {}
    parked_at = sorted(transfer.at for _, transfer in known if transfer.kind in ("park", "command"))
    for fact in moves.facts:
        if fact.kind != "valet" or (parked := moves.leg(fact.leg)) is None:
            continue
        parked = moves.who(parked)
        action = fact.data.get("action")
        if action == "hold":
            lots[parked.leg_id] = fact.data.get("lot", "")
            taken.discard(parked.leg_id)
            near = bisect_left(parked_at, fact.at - 2_000_000 + 1)
            known_already = near < len(parked_at) and parked_at[near] < fact.at + 2_000_000
            peer = moves.peer(parked, fact.at)
            if peer is not None and not known_already and moves.talking(parked, fact.at - 3_000_000, fact.at):
                lot = f"park:{fact.data.get('lot', '')}"
                yield _transfer("park", peer.party, parked, lot, _of(fact), "completed")
        elif action == "bridge" and (taker := moves.leg(fact.data.get("to", ""))):
            taken.add(parked.leg_id)
            taker = moves.who(taker)
            yield _transfer("retrieve", taker.party, parked, taker.party, _of(fact), "completed")
        elif parked.leg_id in lots and parked.leg_id not in taken:
            lot = lots.pop(parked.leg_id)
            if not parked.ended_at or parked.ended_at - fact.at > 200_000:
                reached = moves.reached(parked, fact.at)
                yield _transfer("park_return", f"park:{lot}", parked, reached.to, _of(fact), reached.result)


def _commands(moves: Moves) -> Iterator[Found]:
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
        moved = moves.leg(fact.leg)
        if moved is not None and moved.last_seen and (rule := _COMMANDS.get(command)):
            yield from rule(moves, fact, moved, words)


def _sent(moves: Moves, when: When, moved: Leg, number: str) -> Found:
    reached = moves.reached(moved, when[0], number=number)
    kind: TransferKind = "park" if reached.service == "park" else "command"
    return _transfer(kind, None, moves.who(moved), reached.to, when, reached.result)


def _uuid_transfer(moves: Moves, fact: Fact, moved: Leg, words: list[str]) -> Iterator[Found]:
    """`uuid_transfer <uuid> [-bleg|-both] <number> [<dialplan>] [<context>]`."""
    if len(words) > 1:
        if words[1] == "-bleg":
            moved = moves.peer(moved, fact.at) or moved
        yield _sent(moves, _of(fact), moved, _dialled(" ".join(words[2 if words[1].startswith("-") else 1 :])))


def _uuid_dual_transfer(moves: Moves, fact: Fact, moved: Leg, words: list[str]) -> Iterator[Found]:
    """`uuid_dual_transfer <uuid> <A's number>[/<dialplan>][/<context>] <B's ...>`: each goes a way of his own."""
    for leg, target in zip((moved, moves.peer(moved, fact.at)), words[1:3], strict=False):
        if leg is not None:
            yield _sent(moves, _of(fact), leg, _dialled(target.replace("/", " ")))


def _sched_transfer(moves: Moves, fact: Fact, moved: Leg, words: list[str]) -> Iterator[Found]:
    """`sched_transfer [+]<seconds> <uuid> <number> ...`: told when it has come about, for it can be taken back."""
    due = core_number(words[0].lstrip("+"), LATEST // 1_000_000) if len(words) > 2 else None
    if due is None:
        return
    at = due * 1_000_000 + (fact.at if words[0].startswith("+") else 0)
    target = _dialled(" ".join(words[2:]))
    came = next((when for when, number in moves.numbers(moved, at - _EARLY) if number == target), None)
    if came is not None:
        yield _sent(moves, (came, 0), moved, target)


def _uuid_bridge(moves: Moves, fact: Fact, moved: Leg, words: list[str]) -> Iterator[Found]:
    other = moves.leg(words[1]) if len(words) > 1 else None
    if other is None:
        return
    # The switch itself bridges who is left of three, as a command of its own that nobody gave as a job.
    if not fact.data.get("job") and (moves.of_three(moved, fact.at) or moves.of_three(other, fact.at)):
        return
    before = [moves.connected.get(leg.leg_id, fact.at) < fact.at for leg in (moved, other)]
    if any(before):
        done = moves.talked(moved, [other], fact.at)
        over = moved.ended_at or other.ended_at
        result: TransferResult | None = "completed" if done else "failed" if over else None
        yield _transfer("command", None, moves.who(moved), moves.who(other).party, _of(fact), result)


def _uuid_park(moves: Moves, fact: Fact, moved: Leg, words: list[str]) -> Iterator[Found]:
    if moved.leg_id in moves.connected:
        yield _transfer("park", None, moved, "park", _of(fact), "completed")


_COMMANDS: dict[str, Callable[[Moves, Fact, Leg, list[str]], Iterator[Found]]] = {
    "uuid_transfer": _uuid_transfer,
    "uuid_dual_transfer": _uuid_dual_transfer,
    "sched_transfer": _sched_transfer,
    "uuid_bridge": _uuid_bridge,
    "uuid_park": _uuid_park,
}


def _returned(found: list[Found]) -> list[Found]:
    """A park that timed out has come to nothing: who parked has the caller back, or somebody else has."""
    found.sort(key=lambda item: item[0])
    parked: dict[tuple[str | None, str | None], int] = {}
    for index, (_, transfer) in enumerate(found):
        if transfer.kind == "park":
            parked[transfer.from_, transfer.to] = index
        elif transfer.kind == "park_return" and (before := parked.pop((transfer.from_, transfer.by), None)) is not None:
            began, park = found[before]
            found[before] = (began, structs.replace(park, result="returned"))
    return found


def _loops(found: list[Found]) -> list[Found]:
    """Forwards that lead back to where they began are told once, with how often they passed the call on."""
    result: list[Found] = []
    first: dict[tuple[str | None, str | None, str | None], int] = {}
    for when, transfer in found:
        way = (transfer.from_, transfer.by, transfer.to)
        if transfer.kind != "forward":
            first.clear()
        elif (begin := first.get(way)) is not None:
            began, loop = result[begin]
            passes = sum(past.passes for _, past in result[begin:]) + 1
            result[begin:] = [(began, structs.replace(loop, result=transfer.result, passes=passes))]
            first = {way: begin}
            continue
        else:
            # The next of a loop that is known goes into its line, whichever of the loop's ways it is.
            if result and result[-1][1].passes > 1 and result[-1][1].from_ == transfer.from_:
                began, loop = result[-1]
                result[-1] = began, structs.replace(loop, result=transfer.result, passes=loop.passes + 1)
                continue
            first[way] = len(result)
        result.append((when, transfer))
    return result


def transfers_of(moves: Moves) -> Slices[list[Transfer]]:
    """All transfers of the call, in the order in which they happened."""
    found: list[Found] = []
    for rule in (_by_refer, _by_feature_code, _moved_in_the_dialplan, _followed_redirects, _pickups, _commands):
        for move in rule(moves):
            found.append(move)
            if len(found) % PORTION == 0:
                yield
    found = _returned(found + list(_parks(moves, found)))
    # The dialplan that brings a failed transfer back to who made it is part of that transfer.
    back = {transfer.by for _, transfer in found if transfer.result == "returned"}
    found = [(when, transfer) for when, transfer in found if not (transfer.kind == "forward" and transfer.to in back)]
    found.sort(key=lambda item: (*item[0], item[1].kind, item[1].to or ""))
    return [transfer for _, transfer in _loops(found)]
