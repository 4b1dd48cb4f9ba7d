"""Whatever the recorded calls publish is of a type of the catalogue, and as its schema says."""

import json
from uuid import UUID

import psycopg
import pytest

from api.operations.captures import import_file
from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.published.catalogue import CATALOGUE
from projections.published.envelope import envelope
from projections.query.events import call_events
from projections.runner import Runner
from tests.api.http.strictly import checker
from tests.projections.callflow.folding import CAPTURES, SMALL

pytestmark = pytest.mark.database


def test_whatever_the_recorded_calls_publish_is_as_described(dsn: str) -> None:
    with EventLog(dsn) as log:
        installation = UUID(log.installation())
        for name in SMALL:
            assert import_file(log, CAPTURES / name / "events.etf.gz", None, lambda offset: None).refused is None
    Runner(dsn, CallFold, TOPICS).run_once()
    checkers = {name: checker(name) for name in CATALOGUE}
    seen: set[str] = set()
    with psycopg.connect(dsn) as connection:
        events = call_events(connection, limit=100_000)
    for event in events:
        assert event.type in CATALOGUE
        checkers[event.type].validate(json.loads(envelope(event, "cursor", installation)))
        seen.add(event.type)
    assert {name.partition(".")[0] for name in seen} >= {"call", "queue", "registration"}
    assert len(seen) >= 30, seen
