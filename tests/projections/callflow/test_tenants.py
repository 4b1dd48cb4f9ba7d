"""Two companies with the same numbers at once: each call belongs to one, and nothing of the other is in it."""

import json
from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.event import SwitchEvent, identify, version_of
from core.log.prepare import Incoming
from projections.callflow import TOPICS, CallFold, render
from tests.api.access.companies import ALPHA, BRAVO, MARKS, between, of_bravo
from tests.projections import filling
from tests.projections.callflow.folding import Store, events_of

pytestmark = pytest.mark.pure
TOGETHER = ("10-*", "24-*", "30-*", "38-*", "39-*")


def folded(events: Iterable[SwitchEvent]) -> list[bytes]:
    """The documents of the calls that a log holds."""
    store, fold = Store(), CallFold()
    store.fold(fold, list(events))
    return [render(call) for call in store.calls.values()]


def seen(incoming: Iterable[Incoming]) -> list[SwitchEvent]:
    """Events as they stand in a log of their own."""
    runs: dict[str, int] = {}
    events = []
    for position, one in enumerate(incoming, start=1):
        what = identify(one.term)
        run = runs.setdefault(what.core_uuid, len(runs) + 1)
        if what.topic in TOPICS:
            version = version_of(run, what.sequence)
            events.append(
                SwitchEvent(
                    position=position,
                    stream=what.stream,
                    version=version,
                    topic=what.topic,
                    occurred_at=what.occurred_at,
                    stored_at=one.received_at,
                    switch=one.switch,
                    term=one.term,
                )
            )
    return events


def without_positions(document: bytes) -> bytes:
    """What of a call does not depend on what else is in the log."""
    told = json.loads(document)
    for name in ("first_position", "last_position"):
        del told[name]
    for one in told["evidence"]:
        del one["position"]
    return json.dumps(told, sort_keys=True).encode()


def test_capture_42_has_a_call_of_each_with_nobody_of_the_other() -> None:
    documents = [json.loads(document) for document in folded(events_of("42-two-tenants-same-numbers"))]
    assert sorted(one["tenant"] for one in documents) == ["alpha.example", "beta.example"]
    assert len({one["dialled"] for one in documents}) == 1, "they dialled the same"
    for one in documents:
        users = [party["user"] for party in one["parties"] if party["user"]]
        assert users
        assert all(user.endswith("@" + one["tenant"]) for user in users)


@settings(max_examples=15)
@given(st.sampled_from(TOGETHER), st.lists(st.integers(1, 60), min_size=1, max_size=12))
def test_what_happens_to_one_company_is_told_as_if_there_were_no_other(pattern: str, turns: list[int]) -> None:
    """The same things happen to both at once, in whatever turns their events come."""
    own = list(filling.events_of(pattern))
    others = of_bravo(own)
    mixed: list[Incoming] = []
    at = 0
    while at < len(own):
        for turn in turns:
            mixed += own[at : at + turn] + others[at : at + turn]
            at += turn
    alone = sorted(without_positions(document) for document in folded(seen(own)))
    theirs = sorted(without_positions(document) for document in folded(seen(others)))
    together = [without_positions(document) for document in folded(seen(mixed))]
    companies = {company: [d for d in together if json.loads(d)["tenant"] == company] for company in (ALPHA, BRAVO)}
    assert sorted(companies[ALPHA]) == [d for d in alone if json.loads(d)["tenant"] == ALPHA]
    assert sorted(companies[BRAVO]) == [d for d in theirs if json.loads(d)["tenant"] == BRAVO]
    assert len(together) == 2 * len(alone)
    assert not any(mark in document for document in companies[ALPHA] for mark in MARKS)
    assert all(b"alpha" not in document.lower() for document in companies[BRAVO])


def test_who_calls_another_company_sees_nothing_of_its_inside() -> None:
    out, into = sorted(folded(seen(between())), key=lambda document: str(json.loads(document)["tenant"]))
    assert [json.loads(one)["direction"] for one in (out, into)] == ["outbound", "inbound"]
    assert not any(mark in out for mark in MARKS)
    assert b"alpha" not in into.lower()
    links = [json.loads(one)["links"] for one in (out, into)]
    assert links[0] == links[1] != []
