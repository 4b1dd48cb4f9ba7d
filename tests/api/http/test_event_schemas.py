"""The schemas of events and the AsyncAPI document: in order by their own rules, with examples that fit."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from api.http import asyncapi, event_schemas
from api.http.endpoints.streams import FAMILY
from projections.published.catalogue import CATALOGUE, FAMILIES
from tests.api.http.strictly import DIALECT, checker

pytestmark = pytest.mark.pure
OFFICIAL = Path(__file__).parent / "asyncapi" / "3.1.0.json.gz"
INSTALLATION_OF_EXAMPLES = re.compile(r"urn:harmony:[0-9a-f-]{36}")


@pytest.mark.parametrize("name", CATALOGUE)
def test_the_schema_of_a_type_is_one_and_its_example_is_what_it_allows(name: str) -> None:
    document = event_schemas.document(CATALOGUE[name])
    DIALECT.check_schema(document)
    served = DIALECT(document, format_checker=DIALECT.FORMAT_CHECKER)
    example = document["$defs"]["CloudEvent"]["examples"][0]
    served.validate(example["data"])
    checker(name).validate(example)
    assert example["type"] == name
    assert example["dataschema"] == document["$id"]
    assert INSTALLATION_OF_EXAMPLES.fullmatch(example["source"])
    with pytest.raises(jsonschema.ValidationError):
        served.validate({})


def test_every_type_is_listed_with_its_family_and_a_sentence() -> None:
    listed = event_schemas.listing()["types"]
    assert [entry["name"] for entry in listed] == list(CATALOGUE)
    for entry in listed:
        assert entry["name"].startswith(entry["family"] + ".")
        assert entry["family"] in FAMILIES
        assert entry["sentence"].endswith(".")


def test_asyncapi_is_a_document_of_its_version() -> None:
    document = json.loads(json.dumps(asyncapi.document()))
    official = json.loads(gzip.decompress(OFFICIAL.read_bytes()))
    jsonschema.Draft7Validator(official).validate(document)
    for pointer in references(document):
        target: Any = document
        for step in pointer.removeprefix("#/").split("/"):
            target = target[step]  # a KeyError names what is missing


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        for key, value in part.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(part, list):
        for value in part:
            yield from references(value)


def test_asyncapi_has_every_type_and_every_way_and_its_examples_are_what_it_says() -> None:
    document = json.loads(json.dumps(asyncapi.document()))
    channels, parts = document["channels"], document["components"]
    for name in CATALOGUE:
        assert name in channels["stream"]["messages"]
        assert name in channels["socket"]["messages"]
        assert f"webhook.{name}" in channels["webhook"]["messages"]
    sockets = {one.path for one in FAMILY.endpoints if one.method == "websocket"}
    assert sockets == {channel["address"] for key, channel in channels.items() if key == "socket"}
    shown = 0
    for message in parts["messages"].values():
        checked = jsonschema.Draft7Validator(
            {"allOf": [message["payload"]], "components": {"schemas": parts["schemas"]}},
            format_checker=jsonschema.Draft7Validator.FORMAT_CHECKER,
        )
        for example in message.get("examples", ()):
            checked.validate(example["payload"])
            shown += 1
    assert shown > 2 * len(CATALOGUE)
