"""Requests as a switch makes them, and what an answer says, for tests."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Mapping

from bridge.fetch import Request, answer
from core.registry import Registry
from tests.core.registry.examples import example


def directory(domain: str, user: str | None = None, registry: Registry | None = None, **values: str) -> ET.Element:
    given = values | ({"user": user} if user is not None else {})
    return ask(Request("directory", "domain", "name", domain, "1", given), registry)


def dialplan(
    context: str, number: str, registry: Registry | None = None, values: Mapping[str, str] | None = None
) -> ET.Element:
    given = {"Caller-Context": context, "Caller-Destination-Number": number} | dict(values or {})
    return ask(Request("dialplan", "undefined", "undefined", "undefined", "1", given), registry)


def configuration(name: str, **values: str) -> ET.Element:
    return ask(Request("configuration", "configuration", "name", name, "1", values))


def by(user: str, domain: str) -> Mapping[str, str]:
    """The variables of a leg whose user the switch authenticated."""
    return {"variable_user_name": user, "variable_domain_name": domain}


def ask(request: Request, registry: Registry | None = None) -> ET.Element:
    """The answer, well-formed and of the right section; the element of section `result` when there is nothing."""
    said = answer(example() if registry is None else registry, request)
    root = ET.fromstring(said.xml)
    assert root.tag == "document"
    assert root.get("type") == "freeswitch/xml"
    (section,) = root
    assert section.tag == "section"
    assert section.get("name") == (request.section if said.found else "result")
    return section


def actions(section: ET.Element) -> list[str]:
    """The dialplan's actions as `application data`."""
    return [f"{a.get('application')} {a.get('data', '')}".strip() for a in section.iter("action")]


def nothing(section: ET.Element) -> bool:
    return section.get("name") == "result"
