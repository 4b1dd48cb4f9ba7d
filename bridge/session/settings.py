"""What is wrong with a switch's settings, in sentences: read from the configuration that the switch itself hands out.

`xml_locate` answers with the section as the switch sees it, includes and all. Its text holds secrets (cookies,
passwords of gateways): it is looked at and dropped, and asked for by `api`, never by `bgapi`, whose answers are events.
"""

from __future__ import annotations

import xml.etree.ElementTree as xml
from typing import Final

from core.numbers import number

ERLANG: Final = "configuration configuration name erlang_event.conf"
SOFIA: Final = "configuration configuration name sofia.conf"
_ENOUGH_BULK: Final = 50
_TRUE: Final = frozenset({"yes", "on", "true", "t", "enabled", "active", "allow", "1"})


def erlang_faults(answer: str, spoken: str | None, expected: str | None = None) -> list[str]:
    """Return what is wrong in erlang_event.conf.

    ``spoken`` is the encoding in which the switch answers (string, binary, or None while unknown), ``expected`` the one
    that our own settings tell of.
    """
    faults = []
    if spoken is not None and expected is not None and spoken != expected:
        faults.append(
            f"it speaks {spoken}, where our settings expect {expected}: both work, but one of the two is wrong."
        )
    root = _parse(answer)
    if root is None:
        return [
            *faults,
            "its erlang_event.conf could not be read (xml_locate gave no XML): max-event-bulk is unchecked.",
        ]
    params = _params(root)
    bulk = params.get("max-event-bulk", "1").strip()
    if (number(bulk) or 0) < _ENOUGH_BULK:
        default = "" if "max-event-bulk" in params else " (the default)"
        faults.append(
            f"max-event-bulk is {bulk or 'empty'}{default}, which holds a connection down to some 900 events a second "
            "for each 1; set it to 100 in erlang_event.conf.xml and reload mod_erlang_event."
        )
    told = params.get("encoding", "string").strip().lower()
    if told not in {"string", "binary"}:
        faults.append(
            f'encoding is "{told}", which means nothing; set it to string or binary in erlang_event.conf.xml.'
        )
    elif spoken is not None and spoken != told:
        faults.append(
            f"encoding is {told} in erlang_event.conf.xml, but it speaks {spoken}: the file was changed since; "
            "reload mod_erlang_event."
        )
    return faults


def sofia_faults(answer: str) -> list[str]:
    """Return what is wrong in sofia.conf: each profile must set fire-transfer-events."""
    root = _parse(answer)
    if root is None:
        return ["its sofia.conf could not be read (xml_locate gave no XML): fire-transfer-events is unchecked."]
    silent = [
        profile.get("name", "?")
        for profile in root.iter("profile")
        if _params(profile).get("fire-transfer-events", "false").strip().lower() not in _TRUE
    ]
    if not silent:
        return []
    where = ("profiles " if len(silent) > 1 else "profile ") + ", ".join(sorted(silent))
    return [
        f"fire-transfer-events is off on the SIP {where}, so transfers are told by weaker evidence; add "
        '<param name="fire-transfer-events" value="true"/> there and restart the profile.'
    ]


def _parse(answer: str) -> xml.Element | None:
    try:
        return xml.fromstring(answer)
    except xml.ParseError:
        return None


def _params(root: xml.Element) -> dict[str, str]:
    return {param.get("name", ""): param.get("value", "") for param in root.iter("param")}
