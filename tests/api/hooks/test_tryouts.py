"""/v1/test-events: of every type, of one's own company, and not for long."""

from typing import Any

import jsonschema
import msgspec
import psycopg
import pytest

from api.access import store
from api.access.principal import OPERATOR, Principal
from api.errors import BadArgument, Forbidden
from api.hooks import tryouts
from api.hooks.tryouts import MOST, NewTestEvent
from api.http import event_schemas
from projections.published.catalogue import CATALOGUE
from tests.api.conftest import Server

ALPHA, BRAVO = Principal("crm", "alpha.example"), Principal("other", "bravo.example")


@pytest.mark.database
def test_each_type_is_made_as_its_schema_says_and_marked(connection: psycopg.Connection[Any]) -> None:
    for name, kind in CATALOGUE.items():
        event = msgspec.json.decode(tryouts.make(connection, OPERATOR, NewTestEvent(type=name, tenant="alpha.example")))
        assert event["test"] is True
        assert "cursor" not in event
        assert event["data"] == kind.example["data"], name
        assert event["id"] != kind.example["id"]
        jsonschema.Draft202012Validator(event_schemas.document(kind)).validate(event["data"])


@pytest.mark.database
def test_a_company_has_its_own_and_only_the_latest(connection: psycopg.Connection[Any]) -> None:
    begun = {who.name: tryouts.after(connection, who, None) for who in (ALPHA, BRAVO, OPERATOR)}
    assert {page.next for page in begun.values()} == {0}
    tryouts.make(connection, BRAVO, NewTestEvent(type="call.held"))
    for _ in range(MOST + 3):
        tryouts.make(connection, ALPHA, NewTestEvent(type="call.ended"))
    tryouts.make(connection, OPERATOR, NewTestEvent(type="switch.link_up"))
    assert len(tryouts.after(connection, ALPHA, 0).events) == MOST
    (own,) = tryouts.after(connection, BRAVO, 0).events
    assert b'"bravo.example"' in bytes(own)
    assert b"call.held" in bytes(own)
    row = connection.execute("SELECT count(*) FROM hooks.test_event").fetchone()
    assert row == (MOST + 2,)
    page = tryouts.after(connection, OPERATOR, 0)
    rest = tryouts.after(connection, OPERATOR, page.next)
    assert len(page.events) + len(rest.events) == MOST + 2, "an operator has them all, in pages"
    assert tryouts.after(connection, OPERATOR, rest.next).events == []
    connection.execute("UPDATE hooks.test_event SET made_at = made_at - interval '61 minutes'")
    assert tryouts.after(connection, OPERATOR, 0).events == []
    tryouts.make(connection, BRAVO, NewTestEvent(type="call.held"))
    assert connection.execute("SELECT count(*) FROM hooks.test_event").fetchone() == (1,)


@pytest.mark.database
def test_what_is_not_a_companys_is_refused(connection: psycopg.Connection[Any]) -> None:
    with pytest.raises(Forbidden):
        tryouts.make(connection, ALPHA, NewTestEvent(type="call.ended", tenant="bravo.example"))
    with pytest.raises(BadArgument, match="operators only"):
        tryouts.make(connection, ALPHA, NewTestEvent(type="switch.link_up"))
    with pytest.raises(BadArgument, match="no type of event"):
        tryouts.make(connection, OPERATOR, NewTestEvent(type="call.nothing"))


@pytest.mark.http
def test_over_http(server: Server, connection: psycopg.Connection[Any]) -> None:
    tokens = {
        who.name: store.make(connection, "test", who.name, who.tenant, ("read", "subscribe"))[1]
        for who in (ALPHA, BRAVO)
    }
    reader = store.make(connection, "test", "reader", ALPHA.tenant, ("read",))[1]
    with server.client(tokens["crm"]) as mine, server.client(tokens["other"]) as others, server.client(reader) as less:
        begun = mine.get("/v1/test-events").json()
        assert begun["events"] == []
        made = mine.post("/v1/test-events", json={"type": "call.ended"})
        assert made.status_code == 201
        assert made.json()["tenant"] == ALPHA.tenant
        after = {"after": begun["next"]}
        found = mine.get("/v1/test-events", params=after).json()
        assert found["events"] == [made.json()]
        assert mine.get("/v1/test-events", params={"after": found["next"]}).json()["events"] == []
        assert others.get("/v1/test-events", params=after).json()["events"] == []
        assert mine.post("/v1/test-events", json={"type": "call.nothing"}).status_code == 400
        assert mine.get("/v1/test-events?after=x").status_code == 400
        assert [less.get("/v1/test-events").status_code, less.post("/v1/test-events", json={}).status_code] == [403] * 2
        assert mine.get("/v1/events").json()["events"] == [], "it is in no log"
