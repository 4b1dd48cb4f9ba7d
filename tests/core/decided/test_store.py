"""Decisions are an application of the eventsourcing library: one transaction with their word, one of two at once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

import psycopg
import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from core.decided import Changed, Decisions
from core.decided import calls as of
from core.decided.word import word
from core.errors import LogAway
from core.log import EventLog

pytestmark = pytest.mark.database
ANN = of.Who("ann", 1_795_424_872_000_000)


@pytest.fixture
def decisions(dsn: str) -> Decisions:
    @contextmanager
    def connections() -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect(dsn, autocommit=True) as connection:
            yield connection

    return Decisions(connections, of.OfCall)


def tagged(now: of.Annotations, tag: str) -> of.TagAdded:
    made = of.add_tag(now, ANN, tag)
    assert made is not None
    return made


def keep(decisions: Decisions, decision: of.OfCall) -> None:
    decisions.keep(decision, word(decision, "c1", {}))


def test_what_was_decided_is_read_back_through_the_librarys_repository(decisions: Decisions) -> None:
    empty = of.none_yet("alpha.example", "c1")
    assert decisions.come_to(empty.stream, of.fold) is None
    keep(decisions, tagged(empty, "billing"))
    now = decisions.come_to(empty.stream, of.fold)
    assert now is not None
    assert now.tags == {"billing": of.Tag("billing", "ann", ANN.at)}
    keep(decisions, of.undo(now, ANN))
    after = decisions.come_to(empty.stream, of.fold)
    assert after is not None
    assert (after.version, after.tags) == (2, {})
    then: Any = decisions.repository.get(empty.stream, version=1, projector_func=cast("Any", of.fold))
    assert then == now, "as it was"
    topics = [one.topic for one in decisions.notification_log.select(1, 10)]
    assert topics == ["tag.added", "tag.removed"]


def test_of_two_who_decide_at_once_one_is_told_and_nothing_of_his_is_stored(decisions: Decisions, dsn: str) -> None:
    empty = of.none_yet(None, "c1")
    keep(decisions, tagged(empty, "first"))
    with pytest.raises(Changed):
        keep(decisions, tagged(empty, "second"))
    now = decisions.come_to(empty.stream, of.fold)
    assert now is not None
    assert list(now.tags) == ["first"]
    with EventLog(dsn) as log:
        assert [event.get("Harmony-Details") for event in log.read(0, 10)] == ['{"kind":"tag.added","tag":"first"}']


def test_the_word_and_the_decision_are_one_transaction(decisions: Decisions, dsn: str) -> None:
    decision = tagged(of.none_yet(None, "c1"), "billing")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("ALTER TABLE log.switch_event RENAME TO gone")
    with pytest.raises(Exception, match="lacks tables"):
        keep(decisions, decision)
    assert decisions.recorder.max_notification_id() is None


def test_the_recorder_says_what_the_library_expects(decisions: Decisions) -> None:
    event = decisions.mapper.to_stored_event(tagged(of.none_yet(None, "c1"), "billing"))
    assert event == StoredEvent(event.originator_id, 1, "tag.added", event.state)
    assert decisions.recorder.insert_events([event]) == [1]
    with pytest.raises(IntegrityError):
        decisions.recorder.insert_events([event])


def test_a_database_that_is_away_is_a_sentence() -> None:
    @contextmanager
    def away() -> Iterator[psycopg.Connection[Any]]:
        with psycopg.connect("host=127.0.0.1 port=1 dbname=x") as connection:
            yield connection

    decisions = Decisions(away, of.OfCall)
    with pytest.raises(LogAway):
        keep(decisions, tagged(of.none_yet(None, "c1"), "billing"))
