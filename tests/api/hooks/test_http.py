"""/v1/webhooks: what is made and answered, what is refused, and that no company sees another's."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest
from standardwebhooks.webhooks import Webhook as ForeignVerifier
from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from api.access.principal import OPERATOR, Principal
from api.cli.main import main
from api.hooks import endpoints, secrets
from api.hooks.endpoint import NewWebhook
from api.http.endpoints import hooks
from api.http.problems import handlers
from api.http.routes import routes
from api.http.services import Services
from api.site import Site
from core.settings import Settings
from tests.api.conftest import Server, until
from tests.api.conftest import Site as Commands
from tests.api.hooks.conftest import HERE
from tests.api.hooks.receiver import Receiver
from tests.projections.filling import events_of

pytestmark = pytest.mark.http

ALPHA = Principal("alpha's token", "alpha.example", frozenset({"read", "subscribe"}))
BETA = Principal("beta's token", "beta.example", frozenset({"read", "subscribe"}))
URL = "https://hooks.example.com/harmony"


class As:
    """The routes as a principal that is given by hand meets them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    def __call__(self, who: Principal, method: str, path: str, **more: Any) -> httpx.Response:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            scope["principal"] = who
            await self._app(scope, receive, send)

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
                return await client.request(method, "/v1/webhooks" + path, **more)

        return asyncio.run(ask())


@pytest.fixture
def ask(dsn: str, tmp_path: Path) -> Iterator[As]:
    app = Starlette(routes=routes(hooks.FAMILY.endpoints), exception_handlers=handlers())
    app.state.services = services = Services(Site(Settings(data=tmp_path / "data"), dsn))
    with services.pool:
        yield As(app)


def test_made_read_changed_removed(ask: As) -> None:
    asked = {"url": URL, "description": "CRM", "types": ["call.*"], "party": "1001"}
    made = ask(ALPHA, "POST", "", json=asked)
    assert made.status_code == 201
    webhook, secret = made.json()["webhook"], made.json()["secret"]
    assert secret.startswith("whsec_")
    assert webhook | asked == webhook
    assert (webhook["tenant"], webhook["made_by"]) == ("alpha.example", "alpha's token")
    assert (webhook["state"], webhook["pending"]) == ("enabled", 0)
    path = f"/{webhook['id']}"
    assert made.headers["location"] == f"/v1/webhooks{path}"
    assert ask(ALPHA, "GET", path).json() == webhook
    assert ask(ALPHA, "GET", "").json() == {"webhooks": [webhook]}
    changed = ask(ALPHA, "PATCH", path, json={"party": None, "types": [], "state": "disabled"}).json()
    assert (changed["party"], changed["types"], changed["description"]) == (None, [], "CRM")
    assert (changed["state"], changed["reason"]) == ("disabled", "Disabled by alpha's token.")
    assert ask(ALPHA, "PATCH", path, json={"state": "enabled"}).json()["reason"] is None
    rotated = ask(ALPHA, "POST", path + "/rotate").json()
    assert rotated["secret"] != secret
    assert rotated["webhook"]["old_secret_until"] is not None
    assert ask(ALPHA, "POST", path + "/rotate", json={"overlap_hours": 0}).json()["webhook"]["old_secret_until"] is None
    delivery = ask(ALPHA, "POST", path + "/test").json()["delivery"]
    page = ask(ALPHA, "GET", path + "/deliveries", params={"limit": 1}).json()
    assert [d["id"] for d in page["deliveries"]] == [delivery] == [page["next"]]
    assert ask(ALPHA, "GET", path + "/deliveries", params={"before": delivery}).json()["deliveries"] == []
    told = ask(ALPHA, "GET", f"{path}/deliveries/{delivery}").json()
    assert (told["delivery"]["type"], told["attempts"]) == ("webhook.test", [])
    assert ask(ALPHA, "DELETE", path).status_code == 204
    assert ask(ALPHA, "GET", path).status_code == 404


def test_what_is_another_companys_is_not_there(ask: As) -> None:
    webhook = ask(ALPHA, "POST", "", json={"url": URL}).json()["webhook"]
    delivery = ask(ALPHA, "POST", f"/{webhook['id']}/test").json()["delivery"]
    own = ask(OPERATOR, "POST", "", json={"url": URL, "tenant": None}).json()["webhook"]
    others: list[tuple[str, str, Any]] = [
        ("GET", "", None),
        ("PATCH", "", {"url": URL + "/stolen"}),
        ("DELETE", "", None),
        ("POST", "/rotate", None),
        ("POST", "/test", None),
        ("POST", "/resend", {"deliveries": [delivery]}),
        ("GET", "/deliveries", None),
        ("GET", f"/deliveries/{delivery}", None),
    ]
    for who, whose in ((BETA, webhook), (BETA, own), (ALPHA, own)):
        for method, path, body in others:
            refused = ask(who, method, f"/{whose['id']}{path}", **({"json": body} if body else {}))
            assert refused.status_code == 404, (method, path)
            missing = ask(who, method, f"/{uuid4()}{path}", **({"json": body} if body else {}))
            assert refused.json().keys() == missing.json().keys()
            assert refused.json()["code"] == missing.json()["code"] == "webhook.not_found"
    mine = ask(BETA, "POST", "", json={"url": URL}).json()["webhook"]
    assert ask(BETA, "GET", f"/{mine['id']}/deliveries/{delivery}").status_code == 404, "a delivery of another webhook"
    assert [w["id"] for w in ask(BETA, "GET", "").json()["webhooks"]] == [mine["id"]]
    assert len(ask(OPERATOR, "GET", "").json()["webhooks"]) == 3
    assert ask(BETA, "POST", "", json={"url": URL, "tenant": "alpha.example"}).status_code == 403
    assert ask(BETA, "POST", "", json={"url": URL, "tenant": "beta.example"}).status_code == 201
    assert ask(Principal("reader", "alpha.example", frozenset({"read"})), "GET", "").status_code == 403


REFUSED = [
    (b"", "url"),
    (b"{}", "url"),
    (b"[]", "The body is not what is taken here"),
    (b"\xff", "The body is no JSON in UTF-8"),
    (b'{"url": "https://a.example/", "colour": "red"}', "colour"),
    (b'{"url": "http://a.example/"}', "webhook_http"),
    (b'{"url": "https://10.0.0.1/"}', "not public"),
    (b'{"url": "https://a.example/", "types": ["call.*.x"]}', "is no type of event"),
    (b'{"url": "https://a.example/", "types": [""]}', "types"),
    (b'{"url": "https://a.example/", "party": ""}', "party is empty"),
    (b'{"url": "https://a.example/", "party": "a\\u0000"}', "NUL"),
    (b'{"url": "https://a.example/", "direction": "sideways"}', "direction"),
    (b'{"url": "https://a.example/", "after": "soon"}', "soon"),
    (b'{"url": "https://a.example/", "after": ""}', "after is empty"),
    (b'{"url": "https://a.example/", "description": "' + b"x" * 70_000 + b'"}', "more than 65536 bytes"),
]


def test_what_is_refused(ask: As) -> None:
    for body, says in REFUSED:
        refused = ask(ALPHA, "POST", "", content=body)
        assert refused.status_code == 400, refused.text
        assert says in refused.json()["detail"]
    assert ask(ALPHA, "GET", "").json() == {"webhooks": []}


ALSO_REFUSED: list[tuple[str, str, dict[str, Any], int]] = [
    ("GET", "/nonsense", {}, 404),
    ("GET", "/{id}/deliveries/x", {}, 404),
    ("GET", "/{id}/deliveries/99999999999999999999", {}, 404),
    ("GET", "/{id}/deliveries", {"params": {"state": "lost"}}, 400),
    ("GET", "/{id}/deliveries", {"params": {"limit": "0"}}, 400),
    ("GET", "/{id}/deliveries", {"params": {"before": "x"}}, 400),
    ("GET", "/{id}/deliveries", {"params": {"since": "soon"}}, 400),
    ("GET", "/{id}/deliveries", {"params": {"colour": "red"}}, 400),
    ("POST", "/{id}/resend", {"json": {}}, 400),
    ("POST", "/{id}/resend", {"json": {"deliveries": [-1]}}, 400),
    ("POST", "/{id}/resend", {"json": {"events": ["\0"]}}, 400),
    ("POST", "/{id}/resend", {"json": {"since": "2026-11-23T08:51:00"}}, 400),
    ("POST", "/{id}/rotate", {"json": {"overlap_hours": -1}}, 400),
    ("PATCH", "/{id}", {"json": {"state": "gone"}}, 400),
    ("PATCH", "/{id}", {"json": {"url": None}}, 400),
    ("PUT", "/{id}", {}, 405),
]


def test_what_else_is_refused(ask: As) -> None:
    webhook = ask(ALPHA, "POST", "", json={"url": URL}).json()["webhook"]
    for method, path, more, status in ALSO_REFUSED:
        refused = ask(ALPHA, method, path.format(id=webhook["id"]), **more)
        assert refused.status_code == status, (method, path, more, refused.text)


def test_a_company_has_so_many_and_no_more(ask: As, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MOST", 2)
    answers = [ask(ALPHA, "POST", "", json={"url": URL}).status_code for _ in range(3)]
    assert answers == [201, 201, 409]
    assert ask(BETA, "POST", "", json={"url": URL}).status_code == 201


def test_an_event_of_a_company_goes_to_its_own_webhooks_only(
    ask: As, dsn: str, connection: psycopg.Connection[Any]
) -> None:
    from api.hooks.planner import Planner
    from core.log import EventLog
    from projections.callflow import TOPICS, CallFold
    from projections.runner import Runner

    for who in (ALPHA, BETA):
        ask(who, "POST", "", json={"url": f"{URL}/{who.tenant}"})
    with EventLog(dsn) as log:
        log.append(events_of("42-*"))
    Runner(dsn, CallFold, TOPICS).run_once()
    Planner(dsn).run_once()
    rows = connection.execute(
        "SELECT DISTINCT w.tenant, e.tenant FROM hooks.delivery d JOIN hooks.endpoint w USING (endpoint_id)"
        " JOIN log.call_event e USING (position)"
    ).fetchall()
    assert sorted(rows) == [("alpha.example", "alpha.example"), ("beta.example", "beta.example")]


def test_by_command_and_over_http_with_the_real_parts(
    server: Server, client: httpx.Client, receive: Callable[..., Receiver]
) -> None:
    receiver = receive()
    site: Commands = server.site
    refused = site.run("webhooks", "create", receiver.url)
    assert refused.code == 2
    assert "webhook_http" in refused.err
    site.env |= {"HARMONY_WEBHOOK_PRIVATE": "true", "HARMONY_WEBHOOK_HTTP": "true"}
    made = site.ok("webhooks", "create", receiver.url + "/hook", "--types", "call.*", "--json").json
    webhook, secret = made["webhook"]["id"], made["secret"]
    assert client.get(f"/v1/webhooks/{webhook}").json()["types"] == ["call.*"]
    deliverer = site.start("deliver")
    try:
        deliverer.says("delivering webhooks")
        assert client.post(f"/v1/webhooks/{webhook}/test").status_code == 202
        (message,) = receiver.wait(lambda got: len(got) >= 1)
        assert ForeignVerifier(secret).verify(message.body, message.headers)["type"] == "webhook.test"

        def ended() -> list[Any]:
            listed = client.get(f"/v1/webhooks/{webhook}/deliveries").json()["deliveries"]
            return [delivery for delivery in listed if delivery["ended_at"]]

        assert [d["state"] for d in until(ended, "the delivery")] == ["delivered"]

        def figures() -> str | None:
            text = client.get("/metrics").text
            return text if "harmony_webhook_delivered_total" in text else None

        assert "harmony_webhook_pending_deliveries" in until(figures, "its figures")
    finally:
        assert deliverer.stop() == 0


def test_the_command_line(
    dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HARMONY_DSN", dsn)
    monkeypatch.setenv("HARMONY_DATA", str(tmp_path / "data"))

    def run(*arguments: str) -> str:
        assert main(["webhooks", *arguments]) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    made = run("create", URL, "--description", "CRM", "--tenant", "alpha.example")
    webhook = re.search(r"webhook +(\S+)", made)
    secret = re.search(r"secret +(whsec_\S+)", made)
    assert webhook
    assert secret
    one = webhook[1]
    assert "alpha.example" in made
    assert one in run("list")
    assert secret[1] not in run("list") + run("show", one)
    assert "old secret" in run("rotate", one)
    assert "old secret" not in run("rotate", one, "--overlap", "0")
    assert "disabled: Disabled by operator." in run("disable", one)
    assert "state       enabled" in run("enable", one)
    changed = json.loads(run("change", one, "--types", "call.*,queue.*", "--queue", "support", "--json"))
    assert (changed["types"], changed["queue"]) == (["call.*", "queue.*"], "support")
    cleared = json.loads(run("change", one, "--types", "", "--queue", "", "--json"))
    assert (cleared["types"], cleared["queue"]) == ([], None)
    planned = re.match(r"Planned as delivery (\d+)", run("test", one))
    assert planned
    assert "webhook.test" in run("deliveries", one, "--since", "1h")
    assert "pending" in run("deliveries", one, planned[1])
    assert run("resend", one, "--since", "1h") == "0 events are sent again.\n"
    assert run("delete", one) == f"{one} is gone.\n"
    for arguments, code in ((("show", one), 1), (("show", "x"), 2), (("rotate", one, "--overlap", "-1"), 2)):
        assert main(["webhooks", *arguments]) == code
        assert capsys.readouterr().err.startswith("harmony: ")


def test_the_secrets_are_nowhere_in_the_database(tmp_path: Path, connection: psycopg.Connection[Any]) -> None:
    found = secrets.opened(tmp_path, connection)
    made, secret = endpoints.create(connection, OPERATOR, NewWebhook(url=URL), HERE, found)
    assert secret == found.shown(made.id, 1)
    rows = connection.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'hooks'"
    ).fetchall()
    for (name,) in rows:
        for row in connection.execute(f"SELECT t::text FROM hooks.{name} t".encode()).fetchall():
            assert secret.removeprefix("whsec_")[:20] not in row[0]
            assert found.secret(made.id, 1).hex() not in row[0]
