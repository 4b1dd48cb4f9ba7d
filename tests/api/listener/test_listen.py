"""`harmony listen` and `harmony trigger`: a real receiver verifies what comes from this machine's log or a server."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.access import store
from tests.api.conftest import Running, Server, Site
from tests.api.hooks.receiver import Message, Receiver
from tests.ports import free_port

pytestmark = pytest.mark.http
ALPHA, BRAVO = "alpha.example", "bravo.example"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.close()


def secret_of(listening: Running) -> str:
    found = listening.says(r"secret +(whsec_\S+)")[1]
    listening.says("Listening")
    return found


def verified(secret: str, message: Message) -> Any:
    """The event of a message, whose signature must be good."""
    event = Webhook(secret).verify(message.body, message.headers)
    assert event["id"] == message.id
    return event


def positions(connection: psycopg.Connection[Any]) -> list[Any]:
    """How far the logs are, and what webhooks have to do."""
    return connection.execute(
        "SELECT (SELECT coalesce(max(position), 0) FROM log.call_event),"
        " (SELECT coalesce(max(position), 0) FROM log.switch_event), (SELECT count(*) FROM hooks.delivery)"
    ).fetchall()


def test_this_machines_events_come_signed_and_a_triggered_one_says_that_it_is_a_test(
    filled: Callable[..., Site], receiver: Receiver, connection: psycopg.Connection[Any]
) -> None:
    site = filled("03")
    listening = site.start("listen", "--forward-to", f"{receiver.url}/hook")
    secret = secret_of(listening)
    filled("01")
    came = receiver.wait(lambda got: any(one.event["type"] == "call.ended" for one in got))
    events = [verified(secret, one) for one in came]
    published = site.ok("events", "tail", "--log", "calls", "--once", "--after", "beginning", "--json").lines
    assert events == published[-len(events) :], "those from then on, in their order, as they went out"
    assert events[0]["type"] == "call.started"
    assert {one.path for one in came} == {"/hook"}
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(came[0].body + b" ", came[0].headers)
    listening.says(r"^20\S+Z +call\.started +204$")

    before = positions(connection)
    made = site.ok("trigger", "call.transferred", "--json").json
    *_, message = receiver.wait(lambda got: len(got) > len(came))
    assert verified(secret, message) == made
    assert (made["type"], made["test"], "cursor" in made) == ("call.transferred", True, False)
    assert made["data"]["call_id"] == made["subject"]
    listening.says(r"call\.transferred +204 +\(test\)")
    assert positions(connection) == before, "no log and no webhook has it"
    assert listening.stop(2) == 0


def test_a_server_is_listened_to_with_a_token_for_chosen_types(
    filled: Callable[..., Site], receiver: Receiver, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    site = filled("01")
    server = Server(site)
    crm = store.make(connection, "test", "crm", ALPHA, ("read", "subscribe"))[1]
    other = store.make(connection, "test", "other", BRAVO, ("read", "subscribe"))[1]
    (tmp_path / "token").write_text(crm + "\n")
    there = ("--url", server.address, "--token")
    wanted = ("listen", "--forward-to", receiver.url, "--types", "call.ended,queue.*")
    # The machine's own database is not needed.
    listening = site.start(*wanted, *there, f"@{tmp_path / 'token'}", env={"HARMONY_DSN": "host=127.0.0.1 port=9"})
    secret = secret_of(listening)
    filled("30")
    came = receiver.wait(lambda got: any(one.event["type"] == "call.ended" for one in got))
    for name, token in (("call.ended", other), ("call.held", crm), ("queue.left", crm)):
        assert "is made" in site.ok("trigger", name, *there, token).out
    *_, last = receiver.wait(lambda got: got[-1].event.get("test", False))
    assert verified(secret, last)["type"] == "queue.left", "the others are another company's, and of another type"
    assert last.event["tenant"] == ALPHA
    events = [verified(secret, one) for one in receiver.got]
    assert {event["tenant"] for event in events} == {ALPHA}
    assert {event["type"].partition(".")[0] for event in events[: len(came)]} <= {"call", "queue"}
    # A server that is away is waited for, and nothing of what happens then is missed.
    assert server.running.stop() == 0
    listening.says("listen is in trouble and tries again")
    filled("02")
    server.start()
    receiver.wait(lambda got: len(got) > len(events))
    assert verified(secret, receiver.got[-1])["type"] == "call.ended"
    assert listening.stop() == 0
    refused = site.run("listen", "--forward-to", receiver.url, *there, "wrong")
    assert (refused.code, refused.out) == (1, "")
    assert "This access token is not known here" in refused.err
    assert "give it as --token" in refused.err
    assert "Authorization" not in refused.err
    assert server.running.stop() == 0


def test_what_cannot_be_is_one_sentence_and_no_answer_is_told(site: Site, receiver: Receiver) -> None:
    for arguments, says in (
        (("listen", "--forward-to", "ftp://x"), "no address to forward to"),
        (("listen", "--forward-to", "nonsense"), "no host 'nonsense' can be found"),
        (("listen", "--forward-to", receiver.url, "--types", "call.nothing"), "no type of event"),
        (("listen", "--forward-to", receiver.url, "--url", "http://x"), "--token"),
        (("listen", "--forward-to", receiver.url, "--token", "x"), "--url"),
        (("trigger", "call.nothing"), "no type of event"),
    ):
        done = site.run(*arguments)
        assert done.code == 2, (arguments, done.err)
        assert says in done.err
    nobody = f"127.0.0.1:{free_port()}/hook"
    listening = site.start("listen", "--forward-to", nobody, "--json")
    assert json.loads(listening.says("secret").string)["forward_to"] == nobody
    made = site.ok("trigger", "call.ended", "--json").json
    told = json.loads(listening.says('"error"').string)
    assert (told["id"], told["status"], told["test"]) == (made["id"], None, True)
    assert told["error"]
    assert listening.stop() == 0
