"""From the call log to the receiver: what comes, signed how, in which order, and what is done when it does not arrive."""

from collections.abc import Callable

import pytest
from standardwebhooks.webhooks import Webhook as ForeignVerifier

from api.hooks import endpoints
from api.principal import OPERATOR
from projections.query.events import call_events
from tests.api.conftest import until
from tests.api.hooks.conftest import Hooks, Publish
from tests.api.hooks.receiver import Receiver

pytestmark = pytest.mark.database

Receive = Callable[..., Receiver]


def test_every_event_comes_once_in_order_and_the_foreign_library_verifies_it(
    hooks: Hooks, receive: Receive, publish: Publish
) -> None:
    receiver = receive()
    webhook, secret = hooks.make(receiver.url + "/hook?a=b")
    count = publish("10-*", "13-*")
    hooks.plan()
    hooks.send()
    got = receiver.wait(lambda got: len(got) >= count)
    assert len(got) == count > 20
    published = {e.event_id: e for e in call_events(hooks.connection, 0, 10_000)}
    positions: dict[str, list[int]] = {}
    for message in got:
        assert message.path == "/hook?a=b"
        assert message.headers["content-type"].startswith("application/cloudevents+json")
        assert message.headers["host"] == receiver.url.removeprefix("http://")
        event = ForeignVerifier(secret).verify(message.body, message.headers)
        assert event["id"] == message.id
        assert event["type"] == published[message.id].type
        positions.setdefault(event["subject"], []).append(published[message.id].position)
    assert all(found == sorted(found) for found in positions.values())
    until(lambda: set(hooks.states()) == {"delivered"}, "all are recorded")
    hooks.plan()
    assert len(hooks.states()) == count
    assert endpoints.get(hooks.connection, OPERATOR, webhook.id).pending == 0
