"""Every type that is published is in the catalogue, and says what its data are: over recorded calls."""

import importlib.util
import json
from collections import Counter
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import msgspec
import pytest

from projections.callflow.kinds import SEGMENTS
from projections.published.catalogue import CATALOGUE, FAMILIES
from projections.published.envelope import data
from projections.published.event import PublishedEvent
from projections.published.event_type import examples
from tests.projections.callflow.folding import CAPTURES, SCENARIOS, SMALL
from tests.projections.published.recorded import events_of, published

pytestmark = pytest.mark.pure

QUEUES = sorted(path.parent.name for path in SCENARIOS.glob("*queue*/events.etf.gz"))


@pytest.fixture(scope="module")
def script() -> ModuleType:
    """scripts/event_examples.py, which is no package."""
    path = Path(__file__).parents[3] / "scripts" / "event_examples.py"
    spec = importlib.util.spec_from_file_location("event_examples", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@lru_cache
def every_event() -> tuple[PublishedEvent, ...]:
    """What is published of all recorded calls but the load."""
    names = [(name, CAPTURES) for name in SMALL] + [(name, SCENARIOS) for name in QUEUES]
    return tuple(event for name, folder in names for event in published(events_of(name, folder)))


def test_all_that_is_published_is_as_the_catalogue_says() -> None:
    seen: Counter[str] = Counter()
    for event in every_event():
        told = data(event)
        typed = msgspec.json.decode(told, type=CATALOGUE[event.type].data)
        # Nothing is told that has no type.
        assert json.loads(msgspec.json.encode(typed)) == json.loads(told)
        seen[event.type] += 1
    in_no_recording = {"switch.gap", "switch.overflow", "switch.reconciled", "switch.restarted"}
    in_no_recording |= {"switch.started", "switch.shutdown", "switch.parked"}
    in_no_recording |= {"call.noted", "call.tagged"}
    in_no_recording |= {name for name in CATALOGUE if name.startswith(("command.", "operator."))}
    assert set(CATALOGUE) - set(seen) - {"call.corrected"} == in_no_recording


def test_the_calls_milestones_are_all_in_the_catalogue() -> None:
    for news in (news for row in SEGMENTS.values() for news in (row.begins, row.ends) if news):
        assert CATALOGUE[news.name].sentence == news.sentence


def test_the_schemas_hold_for_what_is_published() -> None:
    schemas = {name: jsonschema.Draft202012Validator(one.schema()) for name, one in CATALOGUE.items()}
    for schema in schemas.values():
        schema.check_schema(schema.schema)
    by_type: dict[str, list[PublishedEvent]] = {}
    for event in every_event():
        by_type.setdefault(event.type, []).append(event)
    for name, events in by_type.items():
        for event in events[:20]:
            schemas[name].validate(json.loads(data(event)))
    for name, example in examples().items():
        schemas[name].validate(example["data"])
    with pytest.raises(jsonschema.ValidationError):
        schemas["call.offered"].validate({"to": 1})


def test_the_examples_are_fresh(script: ModuleType) -> None:
    assert script.text() == script.FILE.read_text(), "write them again with `make docs`"


def test_each_type_has_a_family_a_sentence_and_an_example() -> None:
    for name, one in CATALOGUE.items():
        assert one.name == name
        assert one.family in FAMILIES
        assert one.sentence.endswith(".")
        assert one.sentence[0].isupper()
        assert one.example["type"] == name
        assert one.example["dataschema"] == f"urn:harmony:schema:{name}"
    assert {one.family for one in CATALOGUE.values()} == set(FAMILIES)


def test_no_secret_of_a_phone_is_published() -> None:
    told: list[Any] = [json.loads(data(event)) for event in every_event() if event.type.startswith("registration.")]
    assert len(told) > 8
    allowed = {"switch", "caused_position", "user", "profile", "network_ip", "network_port", "user_agent", "contact"}
    assert {name for one in told for name in one} <= allowed | {"sip_call_id", "expires_seconds", "status"}
