"""Harmony's own events have the shape of the switch's."""

from __future__ import annotations

import pytest

from core.event import identify
from core.headers import header, headers
from core.own_event import CHANNEL_GONE, GAP, LINK_UP, SUBCLASSES, OwnEvents, own_event
from tests.core.made import CORE, LEG

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("name", sorted(SUBCLASSES))
def test_an_own_event_is_an_event(name: str) -> None:
    term = own_event(name, CORE, 5, 1_795_000_000_000_001, Harmony_Switch="freeswitch@pbx1", Harmony_Since=7)
    found = identify(term)
    assert (found.topic, found.core_uuid, found.sequence, found.leg) == (f"CUSTOM {name}", CORE, 5, None)
    assert found.occurred_at == 1_795_000_000_000_001
    assert headers(term)[b"Harmony-Since"] == b"7"
    assert header(term, b"Harmony-Switch") == b"freeswitch@pbx1"


def test_an_own_event_about_a_leg_belongs_to_the_leg() -> None:
    assert identify(own_event(CHANNEL_GONE, CORE, 1, 1, Unique_ID=LEG)).leg == LEG


def test_only_known_names_are_taken() -> None:
    with pytest.raises(ValueError, match="no event of Harmony's own"):
        own_event("harmony::made_up", CORE, 1, 1)


def test_a_source_numbers_its_events_in_a_run_of_its_own() -> None:
    source, other = OwnEvents(), OwnEvents()
    found = [identify(source.make(name)) for name in (LINK_UP, GAP)]
    assert [one.sequence for one in found] == [1, 2]
    assert found[0].core_uuid == found[1].core_uuid == source.core_uuid != other.core_uuid
