"""Parameters become what is asked for, or a sentence."""

from datetime import UTC, datetime

import pytest

from api.streams.subscription import PARAMETERS, Start, SwitchFilter, subscription_of, topic_of, type_of
from core.errors import HarmonyError
from projections.published.filter import EventFilter

pytestmark = pytest.mark.pure
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_nothing_asks_for_everything_from_where_the_way_in_begins() -> None:
    whole = subscription_of({}, "now")
    assert (whole.log, whole.start, whole.filter) == ("calls", Start("now"), EventFilter())
    assert subscription_of({}, "beginning").start.kind == "beginning"


@pytest.mark.parametrize(
    ("after", "start"),
    [
        ("beginning", Start("beginning")),
        ("now", Start("now")),
        ("2026-11-23T08:51:00.5Z", Start("time", instant=1_795_423_860_500_000)),
        ("2026-11-23", Start("time", instant=1_795_392_000_000_000)),
        ("today", Start("time", instant=1_795_392_000_000_000)),
        ("2h", Start("time", instant=1_795_428_000_000_000)),
        ("AWMeh2oVAAAAAAAAAAE", Start("cursor", "AWMeh2oVAAAAAAAAAAE")),
        ("rubbish", Start("cursor", "rubbish")),  # refused where the installation is known
    ],
)
def test_where_to_begin(after: str, start: Start) -> None:
    assert subscription_of({"after": after}, "now", now=NOW).start == start
    assert subscription_of({"after": "now"}, "now", resume=after, now=NOW).start == start


def test_filters_of_published_events() -> None:
    given = {"types": "queue.*, call.answered", "call": "c", "user": "1001@a", "queue": "q", "direction": "inbound"}
    wanted = EventFilter(
        types=("call.answered", "queue.*"), call="c", party="1001@a", queue="q", direction="inbound", tenant="a"
    )
    assert subscription_of(given, "now", tenant="a").filter == wanted


def test_filters_of_raw_events() -> None:
    given = {"log": "switch", "types": "freeswitch.CUSTOM.sofia::register,freeswitch.CHANNEL_*", "call": "leg"}
    found = subscription_of(given, "now").filter
    assert found == SwitchFilter(frozenset({"CUSTOM sofia::register"}), ("CHANNEL_",), "leg")
    assert isinstance(found, SwitchFilter)
    assert found.wants("CHANNEL_ANSWER")
    assert found.wants("CUSTOM sofia::register")
    assert not found.wants("DTMF")
    assert SwitchFilter().wants("DTMF")
    for topic in ("CHANNEL_ANSWER", "CUSTOM sofia::register", "CUSTOM harmony::link_up", "CUSTOM a b.c"):
        assert topic_of(type_of(topic)) == topic


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"log": "other"}, "there is no 'other', only calls and switch"),
        ({"after": ""}, "after is empty"),
        ({"after": "2026-13-01"}, "'2026-13-01' is no time"),
        ({"types": ""}, "empty name"),
        ({"types": "call.answered,"}, "empty name"),
        ({"types": "call.*d"}, "'call.*d' is no type of event"),
        ({"direction": "up"}, "there is no 'up', only internal"),
        ({"party": "1", "user": "1"}, "two names for one thing"),
        ({"party": ""}, "party is empty"),
        ({"limit": "0"}, "'0' is no number from 1 to 1000"),
        ({"limit": "1e2"}, "no number"),
        ({"wait": "31"}, "'31' is no number from 0 to 30"),
        ({"wait": "nan"}, "no number"),
        ({"batch": "yes"}, "neither true nor false"),
        ({"log": "switch", "party": "1001"}, "party means nothing for raw switch events"),
        ({"log": "switch", "types": "call.answered"}, "no type of raw event"),
        ({"log": "switch", "types": "freeswitch.*ANSWER"}, "no type of raw event"),
    ],
)
def test_what_cannot_be_understood_is_said(given: dict[str, str], says: str) -> None:
    with pytest.raises(HarmonyError) as problem:
        subscription_of(given, "now")
    assert says in str(problem.value)


def test_each_parameter_has_a_name_of_its_own() -> None:
    assert len({item.name for item in PARAMETERS}) == len(PARAMETERS)
