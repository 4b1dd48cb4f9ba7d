"""Two bridges hear one switch: what one of them misses is a gap in no call while the other one listens."""

import msgspec
import pytest

from core.event import SwitchEvent, version_of
from core.own_event import LINK_DOWN, LINK_UP, own_event
from projections.callflow import Call
from tests.projections.callflow.folding import events_of, fold_pages

pytestmark = pytest.mark.pure

NAME = "01-answered-caller-hangs-up"
SECOND = 1_000_000
CORE = "00000000-0000-0000-0000-000000000001"


def told(*links: tuple[int, str, str, int | None]) -> Call:
    """The call, with what bridges tell of their links: µs after the call's answer, what, which bridge, since when."""
    events = list(events_of(NAME))
    answer = next(event for event in events if event.topic == "CHANNEL_BRIDGE")
    own = []
    for number, (at, name, bridge, since) in enumerate(links, start=1):
        when = answer.occurred_at + at
        about = {"Harmony_Switch": answer.switch, "Harmony_Node": bridge}
        if since is not None:
            about["Harmony_Since"] = str(answer.occurred_at + since)
        own.append(
            msgspec.structs.replace(
                answer,
                topic=f"CUSTOM {name}",
                term=own_event(name, CORE, number, when, **about),
                version=version_of(900, number),
                occurred_at=when,
            )
        )
    mixed: list[SwitchEvent] = sorted([*events, *own], key=lambda event: event.occurred_at)
    mixed = [msgspec.structs.replace(event, position=at) for at, event in enumerate(mixed, start=1)]
    paged = fold_pages([[event] for event in mixed], restart=True)
    whole = fold_pages([mixed])
    assert paged.calls == whole.calls
    (call,) = whole.calls.values()
    return call


BOTH = ((-50 * SECOND, LINK_UP, "x", None), (-50 * SECOND, LINK_UP, "y", None))
LOST = (SECOND // 2, LINK_DOWN, "x", SECOND // 5)
BACK = (SECOND, LINK_UP, "x", SECOND // 5)


def gaps(call: Call) -> set[str]:
    return {segment.quality for segment in call.segments if segment.kind == "talk"}


def test_a_link_that_is_lost_is_a_gap_where_there_is_one_bridge() -> None:
    call = told(BOTH[0], LOST, BACK)
    assert gaps(call) == {"gap"}
    assert call.quality != "observed"


def test_it_is_none_while_another_bridge_listens() -> None:
    call = told(*BOTH, LOST, BACK)
    assert (call.quality, gaps(call)) == ("observed", {"observed"})
    assert told(*BOTH, LOST).quality == "observed"


def test_a_bridge_that_begins_to_listen_marks_no_call_that_another_one_heard() -> None:
    assert told(BOTH[0], (SECOND // 2, LINK_UP, "y", None)).quality == "observed"


def test_what_neither_of_them_heard_is_a_gap() -> None:
    other = ((SECOND // 2, LINK_DOWN, "y", SECOND // 4), (SECOND * 3 // 4, LINK_UP, "y", SECOND // 4))
    assert gaps(told(*BOTH, LOST, *other, BACK)) == {"gap"}


def test_a_bridge_without_a_name_vouches_for_nothing() -> None:
    """Of a bridge that has no name (a log of an earlier version) nobody knows whether it is another one."""
    assert gaps(told((-50 * SECOND, LINK_UP, "", None), BOTH[0], LOST, BACK)) == {"gap"}
