"""The envelope is CloudEvents 1.0, and carries the data as they were stored."""

import json
from datetime import datetime
from uuid import UUID

import pytest

from core.cursor import cursor
from projections.published.envelope import envelope
from tests.projections.published.recorded import events_of, published

pytestmark = pytest.mark.pure

INSTALLATION = UUID("6a1f0f2e-7c55-4d0e-9a6b-3d1f5a0c8e21")


def test_every_event_is_a_cloudevent() -> None:
    names = ("01-answered-caller-hangs-up", "42-two-tenants-same-numbers", "45-utf8-and-hostile-caller-id")
    ids = set()
    for name in (*names, "46-registrations", "48-switch-killed-mid-call"):
        for event in published(events_of(name)):
            behind = cursor("calls", INSTALLATION, event.position)
            told = json.loads(envelope(event, behind, INSTALLATION))
            # CloudEvents 1.0, 3.1: these are required, and attribute names are lower-case letters and digits.
            assert told["specversion"] == "1.0"
            assert all(
                isinstance(told[key], str) and told[key] for key in ("id", "source", "type", "subject", "cursor")
            )
            assert told["source"] == f"urn:harmony:{INSTALLATION}"
            assert told["dataschema"] == f"urn:harmony:schema:{event.type}"
            assert told["datacontenttype"] == "application/json"
            assert all(key.isalnum() and key.islower() for key in told)
            assert datetime.fromisoformat(told["time"]).utcoffset() is not None
            assert told["time"].endswith("Z")
            assert told.get("tenant") == event.tenant
            assert ("tenant" in told) == (event.tenant is not None)
            assert told["data"]["caused_position"] > 0
            assert told["data"].items() >= json.loads(event.state)["data"].items()
            if event.type.startswith("call."):
                assert told["data"]["call_id"] == told["subject"] == event.call_id
                assert told["data"]["direction"] == event.direction
            ids.add(told["id"])
    assert len(ids) > 40


def test_what_a_caller_calls_himself_cannot_leave_the_data() -> None:
    events = published(events_of("45-utf8-and-hostile-caller-id"))
    for event in events:
        told = envelope(event, "c", INSTALLATION)
        assert list(json.loads(told)).count("data") == 1
        assert b"\n" not in told
