"""The records of endpoints: what comes of them at the door, and that there is no way round it."""

import ast
import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from api.access.audit import Audit
from api.access.principal import OPERATOR, SCOPES, Principal
from api.errors import BadArgument, Forbidden
from api.http.answers import encoded
from api.http.app import application
from api.http.endpoint import Endpoint
from api.http.endpoints.families import ENDPOINTS, FAMILIES
from api.http.guard import Guard
from api.http.openapi.parts import query
from api.http.problems import handlers
from api.http.routes import RecordRoute, RecordSocket, open_paths, routes
from api.site import Site
from core.settings import Settings

pytestmark = pytest.mark.pure
TOP = Path(__file__).parents[3]
COMPANY = Principal("crm", "alpha.example", frozenset({"read"}))


async def answers(request: Request) -> Response:
    return encoded({"who": request.scope["principal"].name}, tenants=["alpha.example", "beta.example"])


def an_endpoint(**changed: Any) -> Endpoint:
    usual: dict[str, Any] = {
        "name": "things_list",
        "method": "get",
        "path": "/things",
        "says": "Things",
        "scope": "read",
        "handler": answers,
        "parameters": (query("limit", "at most", {"type": "integer"}),),
        "shows": "companies",
    }
    return Endpoint(**usual | changed)


def ask(endpoints: list[Endpoint], who: Principal | None, method: str, path: str) -> tuple[httpx.Response, Scope]:
    """The answer of these endpoints alone, and the scope of the request as it then was."""
    app = Starlette(routes=routes(endpoints), exception_handlers=handlers())
    seen: list[Scope] = []

    async def as_somebody(scope: Scope, receive: Receive, send: Send) -> None:
        scope["principal"] = who
        seen.append(scope)
        await app(scope, receive, send)

    async def go() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(as_somebody), base_url="http://here") as client:
            return await client.request(method, path)

    return asyncio.run(go()), seen[0]


def test_every_route_of_the_application_has_a_record() -> None:
    app = application(Site(settings=Settings(data=Path("nowhere")), dsn="dbname=nothing"))
    found: list[Endpoint] = []
    for route in app.routes:
        assert isinstance(route, RecordRoute | RecordSocket), route
        if isinstance(route, RecordSocket):
            found.append(route.record)
            continue
        assert {method.lower() for method in route.methods or ()} - {"head"} == route.records.keys()
        found += route.records.values()
    assert sorted(one.name for one in found) == sorted(one.name for one in ENDPOINTS)


def test_routes_are_made_in_one_place_alone() -> None:
    for file in TOP.glob("api/**/*.py"):
        if file == TOP / "api" / "http" / "routes.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "starlette.routing":
                assert not {one.name for one in node.names} & {"Route", "WebSocketRoute", "Mount", "Router"}, file
            assert not (isinstance(node, ast.Attribute) and node.attr in ("add_route", "add_websocket_route")), file


def test_no_handler_looks_at_scopes_itself() -> None:
    for file in (*TOP.glob("api/http/*.py"), *TOP.glob("api/http/streams/*.py")):
        if file.name == "endpoint.py":
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Attribute) and node.attr == "require"), file


@pytest.mark.parametrize("record", [one for one in ENDPOINTS if one.scope in SCOPES], ids=lambda one: one.name)
def test_nobody_comes_in_without_the_scope(record: Endpoint) -> None:
    others = frozenset(SCOPES) - {record.scope}
    for who in (None, Principal("x", None, others), Principal("x", "alpha.example", others)):
        with pytest.raises(Forbidden):
            record.admit(who, [])
    record.admit(Principal("x", None, frozenset({record.scope, "operate"})), [])  # type: ignore[arg-type]


def test_what_needs_no_token_is_little_and_known() -> None:
    assert {one.path for one in ENDPOINTS if one.scope == "open"} == {
        "/",
        "/assets/{name}",
        "/asyncapi.json",
        "/board",
        "/calls",
        "/calls/{call_id:any}",
        "/live",
        "/livez",
        "/me",
        "/openapi.json",
        "/people",
        "/phone",
        "/provision/{secret}/{file}",
        "/readyz",
        "/sign-in",
        "/v1/login",
        "/v1/session",
        "/wallboard",
    }


def test_the_handler_is_not_reached_without_the_scope() -> None:
    refused, _ = ask([an_endpoint(scope="control")], COMPANY, "GET", "/things")
    assert (refused.status_code, refused.json()["code"]) == (403, "api.forbidden")
    answer, _ = ask([an_endpoint()], COMPANY, "GET", "/things?limit=3")
    assert answer.json() == {"who": "crm"}
    nobody, _ = ask([an_endpoint()], None, "GET", "/things")
    assert nobody.status_code == 403


def test_parameters_that_are_not_in_the_record_are_refused() -> None:
    record = an_endpoint(also=frozenset({"user"}))
    record.admit(COMPANY, [("limit", "5"), ("user", "1001")])
    for given, says in (
        ([("colour", "red")], "There is no parameter 'colour' here; there are limit, user."),
        ([("limit", "5"), ("limit", "5")], "limit is given twice"),
        ([("user", "a\0")], "NUL"),
    ):
        with pytest.raises(BadArgument) as problem:
            record.admit(COMPANY, given)
        assert says in str(problem.value)


def test_values_that_are_for_operators_alone() -> None:
    record = an_endpoint(operators=frozenset({("limit", "all")}))
    record.admit(OPERATOR, [("limit", "all")])
    record.admit(COMPANY, [("limit", "5")])
    with pytest.raises(Forbidden):
        record.admit(COMPANY, [("limit", "all")])


def test_other_methods_are_refused_by_what_the_records_say() -> None:
    two = [an_endpoint(), an_endpoint(method="post", name="things_create")]
    refused, _ = ask(two, COMPANY, "DELETE", "/things")
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST")
    assert refused.json()["detail"] == "DELETE is not possible at /things, only GET, HEAD, POST."
    with pytest.raises(ValueError, match="things_list: get /things has an endpoint already"):
        routes([an_endpoint(), an_endpoint()])


def test_a_path_with_any_text_in_it_does_not_hide_longer_ones() -> None:
    any_text = an_endpoint(path="/things/{id:any}")
    verb = an_endpoint(path="/things/{id:any}/close", name="things_close", method="post")
    assert ask([any_text, verb], COMPANY, "POST", "/things/a/b/close")[0].status_code == 200
    assert ask([any_text, verb], COMPANY, "GET", "/things/a/b/close")[0].status_code == 200


def test_operators_looks_are_recorded_by_what_answers_say() -> None:
    """Of each company that an answer names; of all when it names none; of nobody where the record says so."""

    async def silent(request: Request) -> Response:
        return Response(b"{}")

    for record, expected in (
        (an_endpoint(), {"alpha.example", "beta.example"}),
        (an_endpoint(handler=silent), {None}),
        (an_endpoint(shows="nothing"), set()),
    ):
        answer, scope = ask([record], OPERATOR, "GET", "/things")
        audit = Audit("nowhere")
        audit.answered(scope, answer.status_code)
        assert {thing.tenant for thing in audit.tally.things} == expected


def test_the_guard_lets_in_without_a_token_what_the_records_say() -> None:
    async def nobody(token: str) -> None:
        return None

    async def opened_to_all(request: Request) -> Response:
        return Response(b"{}")

    records = [an_endpoint(), an_endpoint(path="/open/{it}", scope="open", name="open_get", handler=opened_to_all)]
    inner = Starlette(routes=routes(records), exception_handlers=handlers())
    guard = Guard(inner, nobody, open_paths(records))

    async def go() -> list[int]:
        transport = httpx.ASGITransport(guard)
        async with httpx.AsyncClient(transport=transport, base_url="http://here") as client:
            return [(await client.get(path)).status_code for path in ("/things", "/nothing", "/open/a")]

    assert asyncio.run(go()) == [401, 401, 200]


def test_names_of_operations_are_of_one_style() -> None:
    for family in FAMILIES:
        for one in family.endpoints:
            if one.described:
                noun, _, verb = one.name.partition("_")
                assert one.name == one.name.lower()
                assert noun.isalpha() and verb.replace("_", "").isalpha(), one.name  # noqa: PT018
