"""Whom a dial string means: `{for all}[for one]user/1001@alpha.example,user/1002@alpha.example|loopback/1003`.

Source: FreeSWITCH switch_ivr_originate.c: `|` tries one after the other, `,` rings at once.
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

_BLOCK: Final = re.compile(r"\s*([\[{<])(.*?)([\]}>])", re.DOTALL)
_CLOSING: Final = {"[": "]", "{": "}", "<": ">"}


class Target(msgspec.Struct, frozen=True):
    """One phone, line or place to call, with what is set on its leg."""

    kind: str
    """user, sofia, loopback"""
    rest: str
    variables: dict[str, str] = {}


class Dial(msgspec.Struct, frozen=True):
    """Rounds of targets that ring at once."""

    variables: dict[str, str]
    rounds: tuple[tuple[Target, ...], ...]


def dial(text: str) -> Dial:
    """Read a dial string."""
    variables, rest = _variables(text)
    rounds = tuple(
        tuple(target(one) for one in _split(part, ",") if one.strip()) for part in _split(rest, "|") if part.strip()
    )
    return Dial(variables, rounds)


def target(text: str) -> Target:
    """Read one target."""
    variables, rest = _variables(text)
    kind, _, what = rest.strip().partition("/")
    return Target(kind, what, variables)


def pairs(text: str) -> dict[str, str]:
    """Read `name=value,...`; `^^:` in front names another separator."""
    separator = ","
    if text.startswith("^^") and len(text) > 2:
        separator, text = text[2], text[3:]
    found = {}
    for one in text.split(separator):
        name, _, value = one.partition("=")
        if name.strip():
            found[name.strip()] = value.strip().strip("'")
    return found


def _variables(text: str) -> tuple[dict[str, str], str]:
    found: dict[str, str] = {}
    while (match := _BLOCK.match(text)) is not None and match[3] == _CLOSING[match[1]]:
        found |= pairs(match[2])
        text = text[match.end() :]
    return found, text


def _split(text: str, separator: str) -> list[str]:
    """Split outside of brackets."""
    parts, depth = [""], 0
    for character in text:
        depth += (character in "[{<") - (character in "]}>")
        if character == separator and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    return parts
