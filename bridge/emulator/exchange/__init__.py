"""A switch that obeys: phones that live, and the commands and the dialplan that a FreeSWITCH knows, without I/O."""

from bridge.emulator.exchange import (
    answering,
    applications,
    centre_commands,
    hearing,
    mailboxes,
    parking,
    queueing,
    rooms,
    telling,
)
from bridge.emulator.exchange.commands import COMMANDS, registrations, rows
from bridge.emulator.exchange.exchange import Event, Exchange, Fetch
from bridge.emulator.exchange.life import Life, Town
from bridge.emulator.exchange.phones import Manner, Phone

MODULES = (answering, applications, centre_commands, hearing, mailboxes, parking, queueing, rooms, telling)
"""what is loaded: each puts its applications and commands in"""

__all__ = [
    "COMMANDS",
    "MODULES",
    "Event",
    "Exchange",
    "Fetch",
    "Life",
    "Manner",
    "Phone",
    "Town",
    "registrations",
    "rows",
]
