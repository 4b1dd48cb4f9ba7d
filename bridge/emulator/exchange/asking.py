"""What the switch asks: users of the directory, the dialplan for a leg, a module's configuration. The answers, read.

Only what Harmony and the switch's own example write is understood; what is not found, or comes too late, is nothing.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as xml
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bridge.emulator.exchange import headers
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import PATIENCE, Exchange
from bridge.emulator.exchange.threads import Thread

_UNSAID: Final = "undefined"
Action = tuple[str, str, bool]
"""an application, its data, and whether it runs while the number is looked up (inline)"""


@dataclass(slots=True)
class User:
    """A user of the directory."""

    params: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)
    dial_string: str = ""


def user(
    exchange: Exchange, name: str, domain: str, action: str, more: Iterable[headers.Header] = ()
) -> Thread[User | None]:
    """Ask for a user of a domain."""
    values = [("action", action), *more, ("key", "id"), ("user", name), ("domain", domain)]
    root = yield from document(exchange, "directory", ("domain", "name", domain), values)
    found = next((one for one in root.iter("user") if one.get("id") == name and one.get("type") is None), None)
    if found is None:
        return None
    around = next(iter(root.iter("domain")), root)
    params = _pairs(around.find("params"), "param") | _pairs(found.find("params"), "param")
    variables = _pairs(around.find("variables"), "variable") | _pairs(found.find("variables"), "variable")
    return User(params, variables, params.get("dial-string", ""))


def dialplan(exchange: Exchange, channel: Channel) -> Thread[list[Action] | None]:
    """Ask what a channel shall do; None when its number leads nowhere."""
    hunting = [
        (f"Hunt-{name.removeprefix('Caller-')}", value)
        for name, value in headers.of_channel(channel)
        if name.startswith("Caller-")
    ]
    values = [*headers.of_channel(channel), *headers.of_variables(channel), *hunting]
    root = yield from document(exchange, "dialplan", (_UNSAID, _UNSAID, _UNSAID), values, channel.uuid)
    number = channel.profile.destination
    for context in root.iter("context"):
        if context.get("name") != channel.profile.context:
            continue
        for extension in context.iter("extension"):
            conditions = extension.findall("condition")
            if all(re.search(one.get("expression") or "^.*$", number) for one in conditions):
                return [
                    (
                        action.get("application", ""),
                        action.get("data", "").replace("$1", number),
                        action.get("inline") == "true",
                    )
                    for condition in conditions
                    for action in condition.findall("action")
                ]
    return None


def configuration(exchange: Exchange, name: str, values: Iterable[headers.Header] = ()) -> Thread[xml.Element]:
    """Ask for a module's configuration; an empty element when there is none."""
    return (yield from document(exchange, "configuration", ("configuration", "name", name), list(values)))


def document(
    exchange: Exchange,
    section: str,
    which: tuple[str, str, str],
    values: Iterable[headers.Header],
    leg: str | None = None,
) -> Thread[xml.Element]:
    """Ask for a part of the switch's XML, and wait for it."""
    asked = exchange.fetch(section, *which, values, leg)
    if asked.answer is None:
        yield exchange.threads.within(PATIENCE, lambda: asked.answer is not None)
    exchange.pending.pop(asked.fetch_id, None)
    try:
        return xml.fromstring(asked.answer or "<document/>")
    except xml.ParseError:
        return xml.Element("document")


def _pairs(parent: xml.Element | None, tag: str) -> dict[str, str]:
    return {one.get("name", ""): one.get("value", "") for one in parent.findall(tag)} if parent is not None else {}
