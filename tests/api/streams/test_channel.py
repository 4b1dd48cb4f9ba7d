"""An event finds exactly the channels whose filter lets it through, each once, whatever the filters are."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.streams.channel import Channel, Index
from projections.published.filter import EventFilter
from tests.api.streams.fake_source import FakeSource, an_event

pytestmark = pytest.mark.pure
some = st.sampled_from
FILTERS = st.builds(
    EventFilter,
    types=st.lists(some(["call.answered", "call.*", "queue.*", "*", "call.ended"]), max_size=2).map(tuple),
    call=some([None, None, "call-1", "call-2"]),
    calls=st.just(()),
    party=some([None, None, "1001", "1003"]),
    queue=some([None, None, "support"]),
    direction=some([None, None, "inbound"]),
    tenant=some([None, "alpha.example", "beta.example"]),
)
EVENTS: Any = st.fixed_dictionaries(
    {
        "kind": some(["call.answered", "call.ended", "queue.member_added", "switch.link_up"]),
        "call_id": some(["call-1", "call-2", None]),
        "aliases": some([(), ("call-2",), ("call-1", "call-2")]),
        "parties": some([(), ("1001",), ("1001", "1003")]),
        "queues": some([(), ("support",)]),
        "direction": some([None, "inbound", "internal"]),
        "tenant": some([None, "alpha.example", "beta.example"]),
    }
)


@given(st.lists(FILTERS, max_size=12), st.lists(EVENTS, max_size=6), st.data())
def test_the_index_finds_what_looking_at_every_filter_finds(filters: Any, events: Any, data: st.DataObject) -> None:
    source = FakeSource()
    index = Index(source)
    for wanted in filters:
        index.get(wanted, 0)
    gone = data.draw(st.lists(some(filters), unique=True)) if filters else []
    for wanted in gone:
        index.remove(index.get(wanted, 0))
    kept = {wanted for wanted in filters if wanted not in gone}
    for position, fields in enumerate(events, 1):
        event = an_event(position, **fields)
        (entry,) = [source._entry(event)]
        found = [channel.wanted for channel in index.takers(entry)]
        assert len(found) == len(set(found))
        assert set(found) == {wanted for wanted in kept if wanted.matches(event)}


def test_readers_who_are_equally_far_share_what_is_sent() -> None:
    source = FakeSource()
    channel = Channel(EventFilter(), [], 0)
    for position in range(1, 6):
        channel.add(source._entry(an_event(position)))
    first, again, other = channel.behind(2, 100), channel.behind(2, 100), channel.behind(2, 2)
    assert [entry.position for entry in first] == [3, 4, 5]
    assert channel.sse(first) is channel.sse(again)
    assert [entry.position for entry in other] == [3, 4]
    assert channel.sse(other) == b"".join(entry.sse for entry in other)
    assert channel.batch(other) == '[{"id":"event-3"},{"id":"event-4"}]'
    channel.forget(3)
    assert channel.known_from == 3
    assert [entry.position for entry in channel.behind(3, 100)] == [4, 5]
