"""The log works as the recorder of a real application of the eventsourcing library."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext
from uuid import UUID

import psycopg
import pytest
from eventsourcing.persistence import ApplicationRecorder, NotSupportedError, StoredEvent, Tracking

from core.event import SwitchEvent, identify, version_of
from core.log import EventLog
from core.log.application import SwitchLog
from core.log.codec import Encoder
from tests.core.made import LEG, SWITCH, capture, event, incoming

pytestmark = pytest.mark.database


@pytest.fixture
def application(dsn: str) -> Iterator[SwitchLog]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        yield SwitchLog(lambda: nullcontext(connection))


def made(*terms: bytes, run: int = 1) -> list[SwitchEvent]:
    """Return events as an application would save them."""
    found = []
    for term in terms:
        who = identify(term)
        version = version_of(run, who.sequence)
        found.append(SwitchEvent(0, who.stream, version, who.topic, who.occurred_at, 0, "", term))
    return found


def test_it_saves_and_reads_streams_and_notifications(application: SwitchLog) -> None:
    events = made(*capture("01-"))
    recordings = application.save(*events)
    assert [one.notification.id for one in recordings] == list(range(1, len(events) + 1))
    assert isinstance(application.recorder, ApplicationRecorder)
    assert application.recorder.max_notification_id() == len(events)
    stream = events[10].stream
    assert list(application.events.get(stream)) == sorted(
        (one for one in events if one.stream == stream), key=lambda one: one.version
    )
    notes = application.notification_log.select(start=5, limit=3)
    assert [one.id for one in notes] == [5, 6, 7]
    assert [one.topic for one in notes] == [one.topic for one in events[4:7]]
    first = application.mapper.to_domain_event(notes[0])
    assert isinstance(first, SwitchEvent)
    assert (first.position, first.term) == (5, events[4].term)


def test_storing_again_is_no_error_and_gives_the_same_positions(application: SwitchLog) -> None:
    events = made(event(1), event(2), event(3))
    first = [one.notification.id for one in application.save(*events[:2])]
    again = [one.notification.id for one in application.save(*reversed(events))]
    assert first == [1, 2]
    assert again[1:] == [2, 1]
    assert application.recorder.max_notification_id() == again[0]


def test_it_and_the_event_log_are_one(application: SwitchLog, log: EventLog) -> None:
    log.append(incoming([event(1)]))
    application.save(*made(event(1), event(2)))
    log.append(incoming([event(2), event(3)]))
    assert [one.sequence for one in log.read(0, 10)] == [1, 2, 3]
    assert [one.occurred_at for one in log.read(0, 10)] == [identify(event(1)).occurred_at] * 3
    found = application.mapper.to_domain_event(application.notification_log.select(start=2, limit=1)[0])
    assert isinstance(found, SwitchEvent)
    assert found.switch == SWITCH


def test_the_library_s_plain_stored_events_will_do(application: SwitchLog, log: EventLog) -> None:
    plain = StoredEvent(UUID(LEG), version_of(1, 9), "CHANNEL_ANSWER", Encoder().encode(event(9)))
    assert application.recorder.insert_events([plain]) == [1]
    assert application.recorder.select_events(UUID(LEG)) == [plain]
    assert log.read(0, 1)[0].occurred_at == identify(event(9)).occurred_at
    assert application.recorder.insert_events([]) == []


def test_streams_by_version(application: SwitchLog) -> None:
    application.save(*made(*(event(number) for number in range(1, 8))))
    recorder, low = application.recorder, version_of(1, 0)

    def found(**limits: int | bool) -> list[int]:
        chosen = recorder.select_events(UUID(LEG), **limits)  # type: ignore[arg-type]
        return [one.originator_version - low for one in chosen]

    assert found() == [1, 2, 3, 4, 5, 6, 7]
    assert found(gt=low + 5) == [6, 7]
    assert found(lte=low + 2) == [1, 2]
    assert found(desc=True, limit=2) == [7, 6]


def test_notifications_by_topic_and_range(application: SwitchLog) -> None:
    application.save(*made(event(1), event(2, "CHANNEL_BRIDGE"), event(3), event(4, "CHANNEL_BRIDGE")))
    select = application.recorder.select_notifications
    assert [one.id for one in select(1, 10, topics=["CHANNEL_BRIDGE"])] == [2, 4]
    assert [one.id for one in select(2, 10, stop=3, inclusive_of_start=False)] == [3]
    assert [one.id for one in select(None, 2)] == [1, 2]


def test_it_sends_subscribers_to_the_one_follower(application: SwitchLog) -> None:
    with pytest.raises(NotSupportedError, match=r"api\.streams"):
        application.recorder.subscribe()


def test_tracking_is_refused(application: SwitchLog) -> None:
    stored = application.mapper.to_stored_event(made(event(1))[0])
    with pytest.raises(NotSupportedError):
        application.recorder.insert_events([stored], tracking=Tracking("other", 5))


def test_secrets_do_not_come_by_this_way_either(application: SwitchLog, log: EventLog) -> None:
    application.save(*made(event(1, VM_User_Password="4711")))
    assert log.read(0, 1)[0].get("VM-User-Password") == "****"
