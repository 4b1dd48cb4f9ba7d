"""The event log: every switch event, verbatim, stored once, in one order. See the modules for how."""

from core.log.eventlog import EventLog
from core.log.prepare import Incoming
from core.log.writer import LogWriter, WriterStats

__all__ = ["EventLog", "Incoming", "LogWriter", "WriterStats"]
