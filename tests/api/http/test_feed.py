"""Live changes by company: each subscriber is told of its own, also when calls merge or turn out to be another's."""

import asyncio

import msgspec
import pytest

from api.http.feed import Change, Feed, Subscriber
from projections.query.feed import Changed, Delta, Mark

pytestmark = pytest.mark.pure
A, B = "alpha.example", "beta.example"


def told(subscriber: Subscriber) -> list[str]:
    """What waits for it: kinds with the ids in them, `again` where it has to begin anew."""
    found = []
    while not subscriber.queue.empty():
        change = subscriber.queue.get_nowait()
        found.append("again" if change is None else _said(change))
    return found


def _said(change: Change) -> str:
    return f"{change.kind} {change.data.decode()}"


def call(name: str, tenant: str | None, live: bool = True) -> Changed:
    return Changed(name, tenant, live, msgspec.json.encode({"call_id": name}))


async def following(*deltas: Delta) -> dict[str | None, list[str]]:
    """What subscribers of both companies and an operator are told of the last delta."""
    feed = Feed("nowhere")
    for delta in deltas[:-1]:
        feed._take(delta)
    subscribers = {tenant: feed.subscribe(tenant)[0] for tenant in (A, B, None)}
    feed._take(deltas[-1])
    await asyncio.sleep(0)
    return {tenant: told(subscriber) for tenant, subscriber in subscribers.items()}


FIRST = Delta(Mark(1, 1), True, [call("a1", A), call("a2", A), call("b1", B), call("n1", None)], [])


async def test_a_snapshot_is_of_ones_own() -> None:
    feed = Feed("nowhere")
    feed._take(FIRST)
    assert feed.snapshot(A) == (1, [b'{"call_id":"a1"}', b'{"call_id":"a2"}'])
    assert feed.snapshot(B) == (1, [b'{"call_id":"b1"}'])
    assert len(feed.snapshot(None)[1]) == 4
    assert feed.snapshot("gamma.example") == (1, [])


async def test_changes_go_to_whom_they_concern() -> None:
    changed = Delta(Mark(2, 1), False, [call("a1", A, live=False), call("b2", B), call("n2", None)], [])
    found = await following(FIRST, changed)
    assert found[A] == ['ended {"call_id":"a1"}']
    assert found[B] == ['call {"call_id":"b2"}']
    assert len(found[None]) == 3


async def test_a_merge_within_a_company_is_told_to_it_alone() -> None:
    merged = Delta(Mark(2, 1), False, [call("a1", A)], [("a2", "a1")])
    found = await following(FIRST, merged)
    assert found[A] == ['merged {"alias":"a2","call_id":"a1"}', 'call {"call_id":"a1"}']
    assert found[B] == []


async def test_a_call_that_becomes_part_of_anothers_just_goes() -> None:
    """Whose it was begins anew with its own picture: the other's ids are not told."""
    merged = Delta(Mark(2, 1), False, [call("a1", A)], [("b1", "a1")])
    found = await following(FIRST, merged)
    assert found[B] == ["again"]
    assert found[A] == ['merged {"alias":"b1","call_id":"a1"}', 'call {"call_id":"a1"}']


async def test_a_call_that_turns_out_to_be_anothers_just_goes() -> None:
    turned = Delta(Mark(2, 1), False, [call("a1", B), call("n1", A)], [])
    found = await following(FIRST, turned)
    assert found[A] == ["again"]
    assert found[B] == ['call {"call_id":"a1"}']
    assert len(found[None]) == 2
