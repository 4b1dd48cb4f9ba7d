"""A hop: the two legs that one call has where it goes from one of our own switches to another, over a trunk of ours.

Both are ends of one SIP dialog, and each switch tells of its own. What proves that they are: the switch that called
made the Call-ID itself, and nobody but the switch that it called was told it; and each is at the address that the other
one has before it. A Call-ID alone proves nothing, for whoever calls chooses his (a caller from outside could join the
calls of two companies): two legs that were called never meet by it, nor do a phone's leg and anything.

What both ends prove is that they are one conversation. Whether it is one call is another question (`companies`): where
a company calls another, each has a call of its own.

Source: mod_sofia (sofia.c, sofia_glue.c); `sip_network_ip` is where packets came from, not an address that they name.
"""

import hashlib
from collections.abc import Callable

from projections.callflow.own_switches import OwnSwitches

Get = Callable[[str], str | None]

CALLS, CALLED = "hop>", "hop<"
"""How the key of a leg begins whose switch called the other, and of one whose switch was called."""


def key(get: Get) -> str:
    """What a leg's event says of a hop that it may be an end of; empty for a leg that is none."""
    call_id, here, there = (get(name) for name in _NAMES)
    if not (call_id and here and there):
        return ""
    if get("Call-Direction") == "outbound":
        # Two ends at one address are told from a phone at that address by the trunk's name.
        trunk = get(_TRUNK) or (here != there and not get(_PHONE))
        return CALLS + _digest(call_id, here, there) if trunk else ""
    return "" if get(_USER) else CALLED + _digest(call_id, there, here)


def named(get: Get, switch: str, ours: OwnSwitches) -> str:
    """The same by the switches' names, where the registry says which of our own the other end is; else empty.

    Who has several addresses, or stands behind a translation, is at no address that the other one has before it.
    """
    call_id, _, there = (get(name) for name in _NAMES)
    if not call_id:
        return ""
    other = ours.at(there or "")
    if get("Call-Direction") == "outbound":
        other = ours.behind(get(_TRUNK) or "") or other
        return CALLS + _digest("", call_id, switch, other) if other and not get(_PHONE) else ""
    return CALLED + _digest("", call_id, other, switch) if other and not get(_USER) else ""


_NAMES = ("variable_sip_call_id", "variable_sip_local_network_addr", "variable_sip_network_ip")
_TRUNK, _PHONE, _USER = "variable_sip_gateway_name", "variable_dialed_user", "variable_user_name"


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:32]


def other_end(key: str) -> str:
    """The key of the leg at the other end."""
    return (CALLED if key.startswith(CALLS) else CALLS) + key[len(CALLS) :]
