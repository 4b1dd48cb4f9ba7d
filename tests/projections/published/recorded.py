"""Recorded events as they are published: everything of a capture, without a database."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from api.operations.captures import incoming
from core.capture import read_capture
from core.errors import MalformedEvent
from core.event import SwitchEvent, identify, version_of
from core.log.prepare import Incoming
from projections.call_log import state_of
from projections.callflow import TOPICS, CallFold
from projections.callflow.changes import CallEvent
from projections.published.event import PublishedEvent
from projections.published.notice import Notice
from projections.published.notices import notices
from tests.projections.callflow.folding import CAPTURES, Store


def in_a_log(items: Iterable[Incoming]) -> Iterator[SwitchEvent]:
    """The events as they would stand in a log of their own."""
    runs: dict[str, int] = {}
    for position, item in enumerate(items, start=1):
        try:
            identity = identify(item.term)
        except MalformedEvent:
            continue
        event = SwitchEvent(
            position=position,
            stream=identity.stream,
            version=version_of(runs.setdefault(identity.core_uuid, len(runs) + 1), identity.sequence),
            topic=identity.topic,
            occurred_at=identity.occurred_at,
            stored_at=item.received_at,
            switch=item.switch,
            term=item.term,
        )
        named = event.get("Harmony-Switch") if event.topic.startswith("CUSTOM harmony::") else None
        yield (
            event
            if named is None
            else SwitchEvent(
                event.position,
                event.stream,
                event.version,
                event.topic,
                event.occurred_at,
                event.stored_at,
                named,
                event.term,
            )
        )


def events_of(name: str, folder: Path = CAPTURES) -> list[SwitchEvent]:
    """Every event of a capture, of whatever topic."""
    return list(in_a_log(item for item, _ in incoming(read_capture(folder / name / "events.etf.gz"))))


def published(events: Sequence[SwitchEvent], page: int = 50) -> list[PublishedEvent]:
    """What the runner would publish of these events, in its order."""
    store, fold = Store(), CallFold()
    told: list[CallEvent | Notice] = []
    for start in range(0, len(events), page):
        part = events[start : start + page]
        store.fold(fold, [event for event in part if event.topic in TOPICS])
        found: list[CallEvent | Notice] = [*store.told]
        store.told.clear()
        for event in part:
            found += notices(event)
        told += sorted(found, key=lambda one: one.position)
    return [as_published(one, position) for position, one in enumerate(told, start=1)]


def as_published(event: CallEvent | Notice, position: int) -> PublishedEvent:
    """An event as a reader of the log gets it."""
    if isinstance(event, CallEvent):
        subject, direction, concerned = event.call_id, event.audience.direction, event.audience
        parties, queues, aliases, users = concerned.parties, concerned.queues, concerned.aliases, concerned.users
    else:
        subject, direction, aliases = event.subject, event.direction, ()
        parties, queues = event.parties, event.queues
        users = event.users
    return PublishedEvent(
        position=position,
        type=event.type,
        event_id=event.event_id,
        tenant=event.tenant,
        subject=subject,
        call_id=event.call_id,
        direction=direction,
        parties=parties,
        queues=queues,
        aliases=aliases,
        users=users,
        occurred_at=event.occurred_at,
        state=state_of(event),
    )
