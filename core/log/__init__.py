"""The event log: every switch event, verbatim, stored once, in one order. See the modules for how."""

from core.log.eventlog import EventLog
from core.log.prepare import Incoming

__all__ = ["EventLog", "Incoming"]
