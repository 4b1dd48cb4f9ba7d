"""Variables and functions in what the dialplan says: `${domain_name}`, `${hash(select/realm/key)}`, `${regex(a|b|%1)}`.

A function is an API command, and makes its event (switch_channel_expand_variables_check).
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Final

from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange

_CALL: Final = re.compile(r"([A-Za-z_]\w*)\((.*)\)", re.DOTALL)
_CALL_BLANK: Final = re.compile(r"([A-Za-z_]\w*) (.*)", re.DOTALL)
_INDEX: Final = re.compile(r"%(\d)")
FUNCTIONS: Final[dict[str, Callable[[Exchange, str], str]]] = {}
"""those of modules, which put themselves in"""


def expand(exchange: Exchange, channel: Channel, text: str) -> str:
    """Return a text with what its variables hold."""
    while (begin := text.find("${")) >= 0:
        end = _closing(text, begin + 2)
        if end < 0:
            return text
        inside = expand(exchange, channel, text[begin + 2 : end])
        text = text[:begin] + _value(exchange, channel, inside) + text[end + 1 :]
    return text


def _closing(text: str, at: int) -> int:
    depth = 1
    for place in range(at, len(text)):
        depth += (text[place] == "{") - (text[place] == "}")
        if depth == 0:
            return place
    return -1


def _value(exchange: Exchange, channel: Channel, inside: str) -> str:
    call = _CALL.fullmatch(inside)
    if call is None:
        return channel.variables.get(inside) or _own(channel, inside)
    name, argument = call[1], call[2]
    exchange.fire("API", [("API-Command", name), ("API-Command-Argument", argument)])
    return _function(exchange, name, argument)


def _own(channel: Channel, name: str) -> str:
    match name:
        case "destination_number":
            return channel.profile.destination
        case "caller_id_number":
            return channel.profile.caller_number
        case "caller_id_name":
            return channel.profile.caller_name
        case "context":
            return channel.profile.context
        case _:
            return ""


def _function(exchange: Exchange, name: str, argument: str) -> str:
    match name:
        case "hash" | "db":
            what, _, rest = argument.partition("/")
            return exchange.hash.get(rest, "") if what == "select" else ""
        case "regex":
            return _regex(*([*argument.split("|"), "", "", ""])[:3])
        case "strftime":
            return time.strftime(argument or "%Y-%m-%d %H:%M:%S", time.gmtime(exchange.now // 1_000_000))
        case _:
            known = FUNCTIONS.get(name)
            return known(exchange, argument) if known is not None else f"-ERR {name}: Command not found!"


def _regex(text: str, pattern: str, gives: str) -> str:
    found = re.search(pattern, text)
    if found is None or not gives:
        return "" if gives else "true" if found else "false"
    return _INDEX.sub(lambda digit: found[int(digit[1])] or "", gives)
