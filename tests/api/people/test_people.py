"""/v1/people over a real server: who sees what of whom, what comes by the stream, and how it was."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, cast

import httpx
import psycopg
import pytest

from api.access import store
from core.log import EventLog, Incoming
from core.own_event import LINK_UP, OwnEvents
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.commands.living import SWITCH, store_until
from tests.api.conftest import Server, Site, until
from tests.core.made import event

pytestmark = pytest.mark.http
EXAMPLE = Path(__file__).parents[3] / "rel" / "ldap" / "example.ldif"
ALPHA = "alpha.example"
ALICE, BOB, CAROL, DAVE, ERIN, FRANK = (f"{number}@{ALPHA}" for number in range(1001, 1007))
OTHERS, OPERATOR = "1001@beta.example", "1003@gamma.example"
Ask = Callable[..., Any]


class Phones:
    """What a switch tells of phones, stored and folded."""

    def __init__(self, dsn: str) -> None:
        self._dsn, self._sequence = dsn, 0

    def tell(self, subclass: str, user: str, **more: str) -> int:
        """The position that the projection has come to."""
        self._sequence += 1
        name, _, domain = user.partition("@")
        either = {"to_user": name, "to_host": domain, "from_user": name, "from_host": domain, "user": name}
        headers = {
            **either,
            "host": domain,
            "realm": domain,
            "contact": f"sip:{name}@10.0.0.1",
            "call_id": name,
            **more,
        }
        made = event(
            self._sequence,
            "CUSTOM",
            leg=None,
            occurred_at=time.time_ns() // 1000,
            Event_Subclass=f"sofia::{subclass}",
            **cast("dict[str, Any]", headers),
        )
        return self._fold(Incoming(SWITCH, made, time.time_ns() // 1000))

    def joined(self) -> int:
        """The link to the switch came up."""
        made = OwnEvents().make(LINK_UP, Harmony_Switch=SWITCH)
        return self._fold(Incoming("harmony@here", made, time.time_ns() // 1000))

    def _fold(self, one: Incoming) -> int:
        with EventLog(self._dsn) as log:
            log.append([one])
        return Runner(self._dsn, CallFold, TOPICS).run_once().position


@pytest.fixture
def registry(site: Site) -> Path:
    site.data.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(EXAMPLE, site.data / "registry.ldif"))


@pytest.fixture
def tokens(registry: Path, connection: psycopg.Connection[Any]) -> dict[str, str]:
    lasting = timedelta(hours=1)
    people = (ALICE, BOB, DAVE, ERIN, FRANK, OTHERS, OPERATOR)
    return {user: store.log_in(connection, user, user.partition("@")[2], lasting)[1] for user in people}


@pytest.fixture
def phones(dsn: str) -> Phones:
    return Phones(dsn)


@pytest.fixture
def ask(tokens: dict[str, str], server: Server) -> Ask:
    """People as somebody gets them, by their names."""

    def asked(user: str, **more: str) -> Any:
        with server.client(tokens[user]) as client:
            answer = client.get("/v1/people", params=more)
            assert answer.status_code == 200, answer.text
            return {one["user"]: one for one in answer.json()["people"]}

    return asked


def rings_and_talks(dsn: str) -> None:
    """1001 rings at three phones in one call, and in another of the queue an agent talks."""
    with EventLog(dsn) as log:
        store_until(log, SWITCH, "19", "CHANNEL_PROGRESS", 3)
        store_until(log, SWITCH, "42", "CHANNEL_BRIDGE", 2)
    Runner(dsn, CallFold, TOPICS).run_once()


def test_each_sees_of_people_what_his_role_says(ask: Ask, dsn: str) -> None:
    rings_and_talks(dsn)
    until(lambda: ask(FRANK)[CAROL]["state"] == "ringing", "the call at Carol's phone")
    everybody = {user: one["state"] for user, one in ask(FRANK).items()}
    assert everybody == {
        ALICE: "talking",
        BOB: "talking",
        CAROL: "ringing",
        DAVE: "ringing",
        ERIN: "unknown",
        FRANK: "unknown",
    }
    for who in (ALICE, DAVE, ERIN):
        assert {user: one["state"] for user, one in ask(who).items()} == everybody
    whole = ask(FRANK)[CAROL]
    assert (whole["with"], whole["name"], whole["number"]) == (
        [{"party": "1001", "name": "Alice Alpha"}],
        "Carol Alpha",
        "1003",
    )
    assert whole["groups"] == ["reception", "sales", "support"]
    assert whole["numbers"] == ["+49305551003"]
    # A user: his own, and of his pickup group what he may take; a supervisor: his agents; nobody another company's.
    assert ask(DAVE)[DAVE] == ask(FRANK)[DAVE]
    assert ask(DAVE)[CAROL] == {key: value for key, value in whole.items() if key != "with"}
    assert "with" not in ask(DAVE)[ALICE]
    assert "call_id" not in ask(DAVE)[ALICE]
    assert ask(ERIN)[CAROL] == whole
    assert "with" not in ask(ERIN)[BOB]
    assert {user.partition("@")[2] for user in ask(OTHERS)} == {"beta.example"}
    assert ask(OTHERS)[OTHERS]["state"] == "talking"
    assert {user.partition("@")[2] for user in ask(OPERATOR)} > {ALPHA, "beta.example"}
    assert {user.partition("@")[2] for user in ask(OPERATOR, tenant=ALPHA)} == {ALPHA}


def test_the_company_of_others_is_refused(ask: Ask, tokens: dict[str, str], server: Server) -> None:
    with server.client(tokens[ALICE]) as client:
        assert client.get("/v1/people", params={"tenant": "beta.example"}).status_code == 403


def test_a_registration_a_renewal_and_an_end_show(
    ask: Ask, phones: Phones, connection: psycopg.Connection[Any]
) -> None:
    phones.joined()
    phones.tell("register", ALICE, expires="600")
    until(lambda: ask(BOB)[ALICE]["state"] == "free", "Alice's phone")
    phones.tell("register", ALICE, expires="900")
    assert connection.execute("SELECT count(*), max(expires_seconds) FROM log.registration").fetchone() == (1, 900)
    phones.tell("register", ALICE, call_id="another", contact="sip:1001@10.0.0.2", expires="600")
    phones.tell("unregister", ALICE)
    phones.tell("expire", ALICE, call_id="another", contact="sip:1001@10.0.0.2")
    # Somebody who joined just now cannot know that no other phone of hers is there.
    until(lambda: ask(BOB)[ALICE]["state"] == "unknown", "no phone of Alice")
    connection.execute("UPDATE log.hearing SET at = at - interval '3 hours', as_of_position = as_of_position + 1")
    until(lambda: ask(BOB)[ALICE]["state"] == "not_registered", "silence that says something")
    assert ask(BOB)[ALICE]["registered"] is False


def test_a_phone_of_another_company_is_nobodys_here(phones: Phones, connection: psycopg.Connection[Any]) -> None:
    phones.tell("register", ALICE, realm="beta.example", expires="600")
    assert connection.execute("SELECT count(*) FROM log.registration").fetchone() == (0,)


@contextmanager
def listening(server: Server, token: str) -> Iterator[Iterator[tuple[str, Any]]]:
    """The messages of the stream, by name."""
    with server.client(token) as client, client.stream("GET", "/v1/live/stream?people=true") as answer:
        yield _messages(answer)


def _messages(answer: httpx.Response) -> Iterator[tuple[str, Any]]:
    name = ""
    for line in answer.iter_lines():
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def test_the_stream_of_calls_tells_of_people_each_in_his_form(
    tokens: dict[str, str], server: Server, phones: Phones, registry: Path, dsn: str
) -> None:
    with listening(server, tokens[DAVE]) as his, listening(server, tokens[FRANK]) as all_:
        for stream in (his, all_):
            assert next(stream)[0] == "snapshot"
            name, people = next(stream)
            assert (name, [one["number"] for one in people]) == ("people", [str(n) for n in range(1001, 1007)])
        phones.tell("register", BOB, expires="600")
        rings_and_talks(dsn)

        def told(stream: Iterator[tuple[str, Any]], user: str, state: str) -> Any:
            return next(
                one for name, one in stream if name == "person" and (one["user"], one["state"]) == (user, state)
            )

        for stream in (his, all_):
            assert told(stream, BOB, "free")["registered"] is True
        seen, whole = told(his, CAROL, "ringing"), told(all_, CAROL, "ringing")
        assert "with" not in seen
        assert (whole["with"], whole["call_id"]) == ([{"party": "1001", "name": "Alice Alpha"}], seen["call_id"])
    with listening(server, server.token) as operators:  # the others' standing changes, which ends their streams
        text = registry.read_text(encoding="utf-8").split("\n\n")
        registry.write_text(
            "\n\n".join(part for part in text if not part.startswith("dn: uid=1005,ou=users,harmonyDomain=alpha"))
        )
        assert next(one for name, one in operators if name == "person_gone") == {"user": ERIN}


def test_who_does_not_ask_for_people_is_told_of_calls_alone(tokens: dict[str, str], server: Server, dsn: str) -> None:
    with server.client(tokens[FRANK]) as client, client.stream("GET", "/v1/live/stream") as answer:
        stream = _messages(answer)
        rings_and_talks(dsn)
        names: list[str] = []
        while names.count("call") + names.count("snapshot") < 1 or names.count("health") < 2:
            names.append(next(stream)[0])
    assert not {"people", "person"} & set(names)


def test_it_is_told_as_it_was(ask: Ask, phones: Phones, dsn: str, tokens: dict[str, str], server: Server) -> None:
    phones.joined()
    before = phones.tell("register", BOB, expires="600")
    with server.client(tokens[BOB]) as client:
        assert client.put(f"/v1/users/{BOB}/do-not-disturb", json={"on": True}).status_code == 200
    on = Runner(dsn, CallFold, TOPICS).run_once().position
    with server.client(tokens[BOB]) as client:
        assert client.put(f"/v1/users/{BOB}/do-not-disturb", json={"on": False}).status_code == 200
    Runner(dsn, CallFold, TOPICS).run_once()
    rings_and_talks(dsn)
    until(lambda: ask(DAVE)[CAROL]["state"] == "ringing", "the call at Carol's phone")
    assert ask(DAVE)[BOB]["state"] == "talking"
    assert ask(DAVE, at=str(on))[BOB]["state"] == "do_not_disturb"
    # What he had set before his first change that was recorded is not known, nor what is free then.
    assert (ask(DAVE, at=str(before))[BOB]["state"], ask(DAVE, at=str(before))[BOB]["registered"]) == ("unknown", True)
    with server.client(tokens[FRANK]) as client:
        now = client.get("/v1/people").json()
        then = client.get("/v1/people", params={"at": str(now["position"])}).json()
        assert {one["user"]: one for one in then["people"]} == {one["user"]: one for one in now["people"]}
        assert (then["current"], now["current"]) == (False, True)
        assert client.get("/v1/people", params={"at": "soon"}).status_code == 400
    assert "with" not in ask(DAVE, at=str(now["position"]))[ALICE]


def test_favourites_are_a_persons_own(tokens: dict[str, str], server: Server) -> None:
    def asked(user: str, method: str, path: str = "") -> tuple[int, Any]:
        with server.client(tokens[user]) as client:
            answer = client.request(method, f"/v1/me/favourites{path}")
            return answer.status_code, answer.json().get("favourites")

    assert asked(ALICE, "PUT", f"/{CAROL}") == (200, [CAROL])
    assert asked(ALICE, "PUT", f"/{BOB.upper()}") == (200, [CAROL, BOB])
    assert asked(ALICE, "PUT", f"/{CAROL}") == (200, [CAROL, BOB])
    assert asked(ALICE, "DELETE", f"/{CAROL}") == (200, [BOB])
    assert asked(ALICE, "GET") == (200, [BOB])
    assert asked(BOB, "GET") == (200, [])
    for nobody in (OTHERS, f"9999@{ALPHA}", "nobody"):
        assert asked(ALICE, "PUT", f"/{nobody}")[0] == 404
    with server.client() as client:
        assert client.get("/v1/me/favourites").status_code == 404


def test_the_command_line_lists_people(registry: Path, phones: Phones, site: Site) -> None:
    assert site.dsn is not None
    at = phones.tell("register", BOB, expires="600")
    rings_and_talks(site.dsn)
    now = {one["user"]: one for one in site.ok("people", "--json", "--tenant", ALPHA).json["people"]}
    assert [now[user]["state"] for user in (BOB, CAROL)] == ["talking", "ringing"]
    assert "Bob Alpha" in site.ok("people").out
    then = {one["user"]: one["state"] for one in site.ok("people", "--json", "--at", at).json["people"]}
    assert (then[BOB], then[CAROL]) == ("free", "unknown")
    assert site.run("people", "--tenant", "nobody.example").code == 1
