"""Legs that the switch makes to itself (mod_loopback)."""

from __future__ import annotations

from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.threads import Thread


def leg(exchange: Exchange, caller: Channel | None, rest: str, variables: dict[str, str]) -> Thread[Channel | str]:
    """Make the two legs of ``loopback/NUMBER/CONTEXT/XML``; return the one that the caller has."""
    yield exchange.threads.after(0)
    return "CHAN_NOT_IMPLEMENTED"
