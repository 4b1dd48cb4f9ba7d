"""The OpenAPI document: in order by its own rules, complete, and with examples that it allows."""

import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from api.http import web
from api.http.app import application
from api.http.openapi import document
from api.http.routes import RecordRoute
from api.site import Site
from core.settings import Settings

pytestmark = pytest.mark.pure
DESCRIBED = document()
CHECK = jsonschema.Draft202012Validator


def test_it_is_an_openapi_document() -> None:
    OpenAPIV31SpecValidator(DESCRIBED).validate()


def test_it_says_that_it_describes_the_server_that_it_came_from() -> None:
    assert DESCRIBED["servers"] == [{"url": "/"}]


def test_it_describes_every_route_and_nothing_else() -> None:
    app = application(Site(settings=Settings(data=Path("nowhere")), dsn="dbname=nothing"))
    there: set[tuple[str, str]] = set()
    for route in app.routes:
        if isinstance(route, RecordRoute) and route.path not in {*web.PAGES, *web.MOVED, web.ASSETS}:
            path = re.sub(r":\w+}", "}", route.path)
            there |= {(path, method.lower()) for method in route.methods or ()} - {(path, "head")}
    assert {(path, method) for path, item in DESCRIBED["paths"].items() for method in item} == there


def test_every_operation_has_a_name_of_its_own_and_a_plain_summary() -> None:
    operations = [operation for item in DESCRIBED["paths"].values() for operation in item.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names)
    for operation in operations:
        assert operation["summary"].strip()
        assert not operation["summary"].endswith("."), operation["operationId"]


def test_what_is_behind_the_token_says_how_it_refuses() -> None:
    for path, item in DESCRIBED["paths"].items():
        for operation in item.values():
            if {} not in operation["security"]:
                assert "401" in operation["responses"], path


@pytest.mark.parametrize("name", sorted(DESCRIBED["components"]["schemas"]))
def test_examples_are_what_their_schema_allows(name: str) -> None:
    schema: dict[str, Any] = DESCRIBED["components"]["schemas"][name]
    checked = CHECK(
        {"$ref": f"#/components/schemas/{name}", "components": DESCRIBED["components"]},
        format_checker=CHECK.FORMAT_CHECKER,
    )
    CHECK.check_schema(schema)
    for example in schema.get("examples", []):
        checked.validate(example)


def test_an_instant_is_described_as_a_date_with_a_time() -> None:
    described = DESCRIBED["components"]["schemas"]["Call"]["properties"]
    assert described["started_at"] == {"type": "string", "format": "date-time"}
    assert described["ended_at"] == {"type": ["string", "null"], "format": "date-time"}
