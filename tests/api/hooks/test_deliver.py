"""From the call log to the receiver: what comes, how it is signed, in which order, and what is done when it fails."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook as ForeignVerifier
from standardwebhooks.webhooks import WebhookVerificationError

from api.access.principal import OPERATOR
from api.hooks import deliveries, endpoints
from api.hooks.deliveries import Resend
from api.hooks.endpoint import WebhookChange
from api.hooks.queue import figures, tidy
from core.log import EventLog
from projections.query.events import call_events
from tests.api.clients.cloudevents_sdks import Message as CloudEvent
from tests.api.clients.cloudevents_sdks import refused
from tests.api.conftest import until
from tests.api.hooks.conftest import HERE, Hooks, Publish
from tests.api.hooks.receiver import Message, Receiver, Reply

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
    assert refused(CloudEvent(message.body.decode(), message.headers) for message in got) == []
    until(lambda: set(hooks.states()) == {"delivered"}, "all are recorded")
    hooks.plan()
    assert len(hooks.states()) == count
    assert endpoints.get(hooks.connection, OPERATOR, webhook.id).pending == 0


def test_a_filter_and_a_place_to_begin(hooks: Hooks, receive: Receive, publish: Publish) -> None:
    receiver = receive()
    total = publish("10-*", "13-*")
    hooks.make(receiver.url + "/late")  # now: nothing of what was
    hooks.make(receiver.url + "/ended", types=["call.ended"], after="beginning")
    hooks.make(receiver.url + "/party", party="1003", types=["call.*"], after="beginning")
    hooks.make(receiver.url + "/beta", tenant="beta.example", after="beginning")
    events = call_events(hooks.connection, 0, 10_000)
    call = next(e.call_id for e in events if e.type == "call.ended")
    assert call
    hooks.make(receiver.url + "/call", call=call, after="beginning")
    hooks.plan()
    more = publish("42-*")
    hooks.plan()
    assert more > total
    wanted = {
        "/late": [e.event_id for e in call_events(hooks.connection, events[-1].position, 10_000)],
        "/ended": [e.event_id for e in call_events(hooks.connection, 0, 10_000) if e.type == "call.ended"],
        "/party": [
            e.event_id
            for e in call_events(hooks.connection, 0, 10_000)
            if "1003" in e.parties and e.call_id is not None
        ],
        "/beta": [e.event_id for e in call_events(hooks.connection, 0, 10_000) if e.tenant == "beta.example"],
        "/call": [e.event_id for e in events if e.call_id == call],
    }
    assert all(wanted.values())
    hooks.send()
    got = receiver.wait(lambda got: len(got) >= sum(map(len, wanted.values())))
    for path, ids in wanted.items():
        assert sorted(m.id for m in got if m.path == path) == sorted(ids), path


def test_it_is_tried_again_until_it_arrives_and_what_follows_waits(
    hooks: Hooks, receive: Receive, publish: Publish
) -> None:
    refused: dict[str, int] = {}

    def twice_refused(message: Message) -> Reply:
        refused[message.id] = refused.get(message.id, 0) + 1
        return (200, b"at last") if refused[message.id] > 2 else (500, b"not now\0")

    receiver = receive(twice_refused)
    webhook, _ = hooks.make(receiver.url)
    count = publish("10-*")
    hooks.plan()
    hooks.send(0.01, 0.01)
    got = receiver.wait(lambda got: len(got) >= 3 * count, 60)
    events = call_events(hooks.connection, 0, 10_000)
    for subject in {event.subject for event in events}:
        came = [m.id for m in got if m.event["subject"] == subject]
        published = [event.event_id for event in events if event.subject == subject]
        assert came == [one for one in published for _ in range(3)], "nothing overtakes what failed"
    until(lambda: set(hooks.states()) == {"delivered"}, "all are recorded")
    newest, *_ = deliveries.listed(hooks.connection, OPERATOR, webhook.id)
    told = deliveries.told(hooks.connection, OPERATOR, webhook.id, newest.id)
    assert [(a.number, a.status, a.answer, a.error) for a in told.attempts] == [
        (1, 500, "not now\ufffd", "The answer was 500."),
        (2, 500, "not now\ufffd", "The answer was 500."),
        (3, 200, "at last", None),
    ]
    assert endpoints.get(hooks.connection, OPERATOR, webhook.id).failing_since is None


def test_what_never_arrives_is_a_dead_letter_and_can_be_sent_again(
    hooks: Hooks, receive: Receive, publish: Publish
) -> None:
    receiver = receive(lambda message: (503, b"x" * 3000))
    webhook, _ = hooks.make(receiver.url, types=["call.ended", "call.started"])
    publish("01-*", "03-*")
    hooks.plan()
    count = len(hooks.states())
    assert count >= 4
    hooks.send(0.01)
    receiver.wait(lambda got: len(got) >= 2 * count)
    until(lambda: set(hooks.states()) == {"dead"}, "all are dead")
    told = deliveries.told(
        hooks.connection, OPERATOR, webhook.id, deliveries.listed(hooks.connection, OPERATOR, webhook.id)[0].id
    )
    assert [len(a.answer) for a in told.attempts] == [500, 500]
    assert endpoints.get(hooks.connection, OPERATOR, webhook.id).dead == count
    before = list(receiver.got)

    receiver.answer = lambda message: (200, b"")
    named = deliveries.listed(hooks.connection, OPERATOR, webhook.id, state="dead", limit=1)[0]
    assert deliveries.resend(hooks.connection, OPERATOR, webhook.id, Resend(deliveries=[named.id])) == 1
    receiver.wait(lambda got: len(got) == len(before) + 1)
    until(lambda: "pending" not in hooks.states(), "it is recorded")
    since = named.planned_at - timedelta(hours=1)
    assert deliveries.resend(hooks.connection, OPERATOR, webhook.id, Resend(since=since)) == count - 1, "the dead ones"
    got = receiver.wait(lambda got: len(got) == len(before) + count)
    assert sorted(m.id for m in got[len(before) :]) == sorted({m.id for m in before}), "with the ids that they had"
    until(lambda: "pending" not in hooks.states(), "all are recorded")
    assert deliveries.resend(hooks.connection, OPERATOR, webhook.id, Resend(since=since)) == 0
    again = Resend(events=[named.event_id])
    assert deliveries.resend(hooks.connection, OPERATOR, webhook.id, again) == 1
    receiver.wait(lambda got: len(got) == len(before) + count + 1)
    with EventLog(hooks.dsn) as log:
        said = [e.get("Harmony-Action") for e in log.read(0, 10_000, ["CUSTOM harmony::operator"])]
    assert said.count("webhook.resend") == 4


def test_gone_disables_and_enabling_goes_on_where_it_ended(hooks: Hooks, receive: Receive, publish: Publish) -> None:
    receiver = receive(lambda message: (410, b""))
    webhook, _ = hooks.make(receiver.url)
    publish("01-*")
    hooks.plan()
    hooks.send()
    receiver.wait(lambda got: len(got) >= 1)

    def disabled() -> bool:
        return endpoints.get(hooks.connection, OPERATOR, webhook.id).state == "disabled"

    until(disabled, "it is disabled")
    assert endpoints.get(hooks.connection, OPERATOR, webhook.id).reason == "It answered 410 Gone."
    with EventLog(hooks.dsn) as log:
        said = log.read(0, 10_000, ["CUSTOM harmony::operator"])[-1]
    assert (said.get("Harmony-Action"), said.get("Harmony-Subject")) == ("webhook.disabled", str(webhook.id))
    publish("10-*")
    hooks.plan()
    before = len(receiver.got)
    receiver.answer = lambda message: (200, b"")
    endpoints.change(hooks.connection, OPERATOR, webhook.id, WebhookChange(state="enabled"), HERE)
    hooks.plan()
    count = len(call_events(hooks.connection, 0, 10_000))
    got = receiver.wait(lambda got: len({m.id for m in got[before:]}) >= count)
    assert len({m.id for m in got}) == count, "also what happened while it was disabled"


def test_days_of_failure_disable(hooks: Hooks, receive: Receive, publish: Publish) -> None:
    receiver = receive(lambda message: (500, b""))
    webhook, _ = hooks.make(receiver.url)
    publish("01-*")
    hooks.plan()
    hooks.rows("UPDATE hooks.endpoint SET failing_since = now() - interval '4 days 23 hours' RETURNING 1")
    hooks.send(3600, patience=5)
    receiver.wait(lambda got: len(got) >= 1)
    until(lambda: hooks.rows("SELECT 1 FROM hooks.attempt"), "the attempt is recorded")
    assert endpoints.get(hooks.connection, OPERATOR, webhook.id).state == "enabled"
    hooks.rows("UPDATE hooks.endpoint SET failing_since = now() - interval '5 days 1 second' RETURNING 1")
    hooks.rows("UPDATE hooks.delivery SET next_attempt_at = now() RETURNING 1")
    until(
        lambda: endpoints.get(hooks.connection, OPERATOR, webhook.id).reason,
        "it is disabled",
    )
    reason = endpoints.get(hooks.connection, OPERATOR, webhook.id).reason
    assert reason == "It has failed for 5 days without a success."


def test_while_a_secret_is_changed_both_verify(hooks: Hooks, receive: Receive) -> None:
    receiver = receive()
    webhook, first = hooks.make(receiver.url)
    hooks.send()

    def come() -> Message:
        count = len(receiver.got)
        deliveries.test(hooks.connection, OPERATOR, webhook.id)
        return receiver.wait(lambda got: len(got) > count)[-1]

    assert ForeignVerifier(first).verify((m := come()).body, m.headers)["type"] == "webhook.test"
    rotated, second = endpoints.rotate(hooks.connection, OPERATOR, webhook.id, hooks.secrets, timedelta(hours=24))
    assert rotated.old_secret_until is not None
    message = come()
    assert len(message.headers["webhook-signature"].split()) == 2
    for secret in (first, second):
        ForeignVerifier(secret).verify(message.body, message.headers)
    _, third = endpoints.rotate(hooks.connection, OPERATOR, webhook.id, hooks.secrets, timedelta())
    message = come()
    ForeignVerifier(third).verify(message.body, message.headers)
    for secret in (first, second):
        with pytest.raises(WebhookVerificationError):
            ForeignVerifier(secret).verify(message.body, message.headers)
    assert not hooks.rows("SELECT FROM hooks.endpoint e WHERE e::text LIKE '%%whsec%%'")


def test_a_slow_endpoint_keeps_nobody_waiting(hooks: Hooks, receive: Receive, publish: Publish) -> None:
    slow, quick = receive(lambda message: None), receive()
    hooks.make(slow.url)
    hooks.make(quick.url)
    count = publish("10-*", "13-*", "42-*")
    hooks.plan()
    hooks.send()
    quick.wait(lambda got: len(got) >= count)
    assert 1 <= len(slow.got) <= 4, "a few at a time"


def test_no_answer_is_a_failure(hooks: Hooks, receive: Receive) -> None:
    receiver = receive(lambda message: None)
    webhook, _ = hooks.make(receiver.url)
    delivery = deliveries.test(hooks.connection, OPERATOR, webhook.id)
    hooks.send(3600, patience=0.2)
    until(lambda: deliveries.told(hooks.connection, OPERATOR, webhook.id, delivery).attempts, "it is recorded")
    (attempt,) = deliveries.told(hooks.connection, OPERATOR, webhook.id, delivery).attempts
    assert (attempt.status, attempt.error) == (None, "No answer within 0.2 s.")


def test_a_redirect_is_not_followed(hooks: Hooks, receive: Receive) -> None:
    elsewhere = receive()
    receiver = receive(lambda message: (307, b""))
    receiver.more["location"] = elsewhere.url
    webhook, _ = hooks.make(receiver.url)
    delivery = deliveries.test(hooks.connection, OPERATOR, webhook.id)
    hooks.send(3600)
    until(lambda: deliveries.told(hooks.connection, OPERATOR, webhook.id, delivery).attempts, "it is recorded")
    (attempt,) = deliveries.told(hooks.connection, OPERATOR, webhook.id, delivery).attempts
    assert (attempt.status, attempt.error) == (307, "The answer was 307.")
    assert not elsewhere.got


def test_who_asks_for_patience_gets_it(hooks: Hooks, receive: Receive) -> None:
    receiver = receive(lambda message: (429, b""))
    receiver.more["retry-after"] = "3600"
    webhook, _ = hooks.make(receiver.url)
    delivery = deliveries.test(hooks.connection, OPERATOR, webhook.id)
    hooks.send(5)
    until(lambda: deliveries.told(hooks.connection, OPERATOR, webhook.id, delivery).attempts, "it is recorded")
    ((waits,),) = hooks.rows("SELECT next_attempt_at > now() + interval '50 minutes' FROM hooks.delivery")
    assert waits


def test_what_was_imported_has_no_effects_outside(hooks: Hooks, receive: Receive, publish: Publish) -> None:
    receiver = receive()
    hooks.make(receiver.url)
    imported = publish("10-*")
    hooks.connection.execute(
        "INSERT INTO log.imported_range (first_position, last_position, source)"
        " SELECT 1, max(position), 'a file' FROM log.switch_event"
    )
    total = publish("42-*")
    hooks.plan()
    assert len(hooks.states()) == total - imported > 0
    fresh = [e.event_id for e in call_events(hooks.connection, 0, 10_000)][imported:]
    assert [row[0] for row in hooks.rows("SELECT event_id FROM hooks.delivery ORDER BY delivery_id")] == fresh


def test_what_came_to_its_end_long_ago_is_removed(hooks: Hooks, publish: Publish) -> None:
    hooks.make("http://127.0.0.1:9/")
    publish("01-*")
    hooks.plan()
    first, second, *_ = (row[0] for row in hooks.rows("SELECT delivery_id FROM hooks.delivery ORDER BY 1"))
    ended = (
        "UPDATE hooks.delivery SET state = 'dead', ended_at = now() - %s::interval WHERE delivery_id = %s RETURNING 1"
    )
    hooks.rows(ended, "31 days", first)
    hooks.rows(ended, "29 days", second)
    count = len(hooks.states())
    assert tidy(hooks.connection, timedelta(days=30)) == 1
    assert len(hooks.states()) == count - 1
    assert figures(hooks.connection).dead == 1
    assert figures(hooks.connection).pending == count - 2


def test_removed_with_all_that_was_still_to_come(hooks: Hooks, publish: Publish) -> None:
    webhook, _ = hooks.make("http://127.0.0.1:9/")
    publish("01-*")
    hooks.plan()
    assert hooks.states()
    endpoints.delete(hooks.connection, OPERATOR, webhook.id)
    assert not hooks.states()
    hooks.plan()
    assert not hooks.states()
