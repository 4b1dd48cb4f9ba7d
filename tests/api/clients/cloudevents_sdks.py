"""The SDKs of CloudEvents for Python and JavaScript as referees of what we send."""

import json
import os
import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec
from cloudevents.core.bindings.http import HTTPMessage, from_http_event
from cloudevents.core.exceptions import CloudEventValidationError

from tests.api.clients.node import CLIENTS, NODE

SCRIPT = Path(__file__).with_name("cloudevents.js")
STRUCTURED = "application/cloudevents+json; charset=utf-8"
"""the content type of a message that is one event (CloudEvents' HTTP binding 1.0.2, 3.2)"""


class Message(msgspec.Struct, frozen=True):
    """One event as it comes over HTTP."""

    body: str
    headers: dict[str, str] = msgspec.field(default_factory=lambda: {"content-type": STRUCTURED})


def refused(messages: Iterable[Message]) -> list[str]:
    """What either SDK refuses or takes for something else than was sent: a line each."""
    messages = list(messages)
    wrong = []
    for message, python, javascript in zip(messages, _python(messages), _javascript(messages), strict=True):
        sent = _comparable(json.loads(message.body))
        for name, read in (("Python", python), ("JavaScript", javascript)):
            if isinstance(read, str):
                wrong.append(f"{name} refuses {sent['type']}: {read}")
            elif (got := _comparable(read)) != sent:
                wrong.append(f"{name} reads {got} of {sent}")
    return wrong


def _comparable(event: dict[str, Any]) -> dict[str, Any]:
    """JavaScript's clock has milliseconds."""
    time = event["time"]
    at = time if isinstance(time, datetime) else datetime.fromisoformat(time)
    return event | {"time": at.replace(microsecond=at.microsecond // 1000 * 1000)}


def _python(messages: Iterable[Message]) -> list[dict[str, Any] | str]:
    found: list[dict[str, Any] | str] = []
    for message in messages:
        try:
            event = from_http_event(HTTPMessage(message.headers, message.body.encode()))
        except (CloudEventValidationError, ValueError) as problem:
            found.append(str(problem))
        else:
            found.append({**event.get_attributes(), "data": event.get_data()})
    return found


def _javascript(messages: Iterable[Message]) -> list[dict[str, Any] | str]:
    done = subprocess.run(
        [NODE, SCRIPT],
        input=b"".join(msgspec.json.encode(message) + b"\n" for message in messages),
        env=os.environ | {"NODE_PATH": str(CLIENTS / "node_modules")},
        capture_output=True,
        check=True,
        timeout=120,
    )
    assert not done.stderr, done.stderr.decode()
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    return [answer.get("event") or answer["refused"] for answer in answers]
