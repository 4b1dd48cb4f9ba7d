"""The town lives: a busy while of it, and the calls that Harmony tells of it. The same seed, the same while."""

from collections import Counter
from random import Random

import pytest

from bridge.emulator import towns
from bridge.emulator.exchange import Life
from tests.bridge.emulator.stage import DOMAIN, SECOND, Stage
from tests.bridge.test_wire_to_calls import logged
from tests.core.registry.examples import example
from tests.projections.callflow.folding import fold_all

pytestmark = pytest.mark.pure
PACE = 4.0
USERS = ("1001", "1002", "1003", "1004", "1005", "1006")
TOWN = next(town for town in towns(example()) if town.domain == DOMAIN)


def live(seconds: int, seed: int = 7) -> Stage:
    stage = Stage(*USERS, seed=seed)
    for phone in stage.phones.values():
        phone.registered_until = stage.exchange.now + 10**13
        phone.manner = type(phone.manner)()
    stage.open_queue("support", "1003", "1004")
    life = Life(stage.exchange, [TOWN], Random(seed), PACE)
    stage.exchange.start(life.thread())
    stage.wait(seconds)
    assert life.calls > seconds / PACE / 2
    return stage


def test_a_while_is_told_without_a_gap() -> None:
    stage = live(500)
    fold = fold_all(logged(stage.terms))
    calls = [call for call in fold.calls.values() if call.state == "complete"]
    assert len(calls) > 60
    assert {call.quality for call in calls} == {"observed"}
    assert {call.tenant for call in calls} == {DOMAIN}
    outcomes = Counter(str(call.outcome) for call in calls)
    assert outcomes.keys() >= {"answered", "voicemail", "abandoned"}, outcomes
    kinds = Counter(segment.kind for call in calls for segment in call.segments)
    assert kinds.keys() >= {"ring", "talk", "hold", "queue", "conference", "voicemail", "ivr"}, kinds
    oldest = min((channel.times.created for channel in stage.exchange.channels.values()), default=stage.exchange.now)
    assert stage.exchange.now - oldest < 600 * SECOND


def test_the_same_seed_gives_the_same_while() -> None:
    one, two = live(60), live(60)
    shown = [
        [(name, event.get("Channel-Name"), event["Event-Date-Timestamp"]) for name, event in s.told] for s in (one, two)
    ]
    assert shown[0] == shown[1]
    assert len(shown[0]) > 300
