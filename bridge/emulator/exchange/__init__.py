"""A switch that obeys: phones that live, and the commands and the dialplan that a FreeSWITCH knows, without I/O."""

from bridge.emulator.exchange import applications
from bridge.emulator.exchange.commands import COMMANDS, registrations, rows
from bridge.emulator.exchange.exchange import Event, Exchange, Fetch
from bridge.emulator.exchange.phones import Manner, Phone

__all__ = ["COMMANDS", "Event", "Exchange", "Fetch", "Manner", "Phone", "applications", "registrations", "rows"]
