"""The table of states says the whole truth: no dead ends, nothing out of reach."""

from __future__ import annotations

import pytest

from bridge.dist import TRANSITIONS, State, Trigger

pytestmark = pytest.mark.pure


def reachable(start: State) -> set[State]:
    found, todo = {start}, [start]
    while todo:
        here = todo.pop()
        for (state, _), target in TRANSITIONS.items():
            if state is here and target not in found:
                found.add(target)
                todo.append(target)
    return found


def test_each_side_reaches_its_states_and_not_the_others() -> None:
    initiator, acceptor = reachable(State.NEW), reachable(State.WAIT_NAME)
    assert initiator | acceptor == set(State)
    assert initiator & acceptor == {State.UP, State.CLOSED}


def test_every_state_leads_to_the_end_and_nothing_leads_out_of_it() -> None:
    for state in State:
        assert State.CLOSED in reachable(state)
    assert reachable(State.CLOSED) == {State.CLOSED}


def test_every_trigger_is_used() -> None:
    assert {trigger for _, trigger in TRANSITIONS} == set(Trigger)
