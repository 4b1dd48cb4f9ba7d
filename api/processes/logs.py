"""The log lines of long-running parts: on stderr, with time, part and level; nothing from outside steers them.

Text is for people, JSON (one object a line, also for an exception with its traceback) for whoever collects lines.
"""

import json
import logging
import sys
import threading
import traceback
from datetime import UTC, datetime
from typing import Any, Literal

import psycopg

from api.words.text import harmless
from core.errors import LogAway
from core.seldom import Seldom

LOG = logging.getLogger("harmony")
AWAY = "The database of the event log is away ("
"""how the sentence of `LogAway` begins, which followers hand on"""

_OF_EVERY_RECORD = set(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}
_OURS = {"time", "level", "part", "logger", "message", "error", "traceback"}


def _time(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class _Line(logging.Formatter):
    def __init__(self, part: str) -> None:
        super().__init__(f"%(asctime)s {part} %(levelname)s %(message)s")

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        return _time(record)

    def format(self, record: logging.LogRecord) -> str:
        if record.exc_info is None and record.stack_info is None:  # one line, whatever a driver puts into it
            return harmless(" ".join(super().format(record).split()))
        lines = super().format(record).splitlines()
        return "\n".join(harmless(line) for line in lines)


class _Json(logging.Formatter):
    """What is given as `extra` (a switch, a leg, a position, a command) becomes a field of its own."""

    def __init__(self, part: str) -> None:
        super().__init__()
        self._part = part

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "time": _time(record),
            "level": record.levelname.lower(),
            "part": self._part,
            "logger": record.name,
            "message": record.getMessage(),
        }
        for name, value in vars(record).items():
            if name not in _OF_EVERY_RECORD and name not in _OURS and value is not None:
                said[name] = value if isinstance(value, (bool, int, float)) else str(value)
        if record.exc_info and record.exc_info[0] is not None:
            said["error"] = record.exc_info[0].__name__
            said["traceback"] = "".join(traceback.format_exception(*record.exc_info)).rstrip("\n")
        return json.dumps(said)


def _not_of_a_gone_peer(record: logging.LogRecord) -> bool:
    """asyncio counts writes to a connection that is lost, and warns of each: the loss itself is told elsewhere."""
    return not str(record.msg).startswith("socket.send() raised exception")


class _Outage(logging.Filter):
    """While the database is away, each of many loops says that it waits: one line of them a process will do."""

    def __init__(self) -> None:
        super().__init__()
        self._seldom = Seldom(self._left_out, times=1, period=60.0)

    def filter(self, record: logging.LogRecord) -> bool:
        for one in record.args if isinstance(record.args, tuple) else ():
            if isinstance(one, (LogAway, psycopg.OperationalError)) or str(one).startswith(AWAY):
                # Other trouble of the database (no room) has other words, and is said besides.
                return self._seldom.may("full" if "no room" in str(one) else "away")
        return True

    def _left_out(self, kind: str, number: int, period: float) -> None:
        LOG.info("%d more lines said within %.0f s that the database is %s", number, period, kind)


def configure(part: str, log_format: Literal["text", "json"] = "text", level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(part) if log_format == "json" else _Line(part))
    root = logging.getLogger()
    handler.addFilter(_Outage())
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
    # What a pool and a transport say of a connection that is gone, those who used it say better.
    logging.getLogger("psycopg.pool").setLevel(logging.ERROR)
    logging.getLogger("asyncio").addFilter(_not_of_a_gone_peer)
    if log_format == "json":
        logging.captureWarnings(True)
        threading.excepthook = _thread_failed


def _thread_failed(failure: threading.ExceptHookArgs) -> None:
    """A thread that ends in an exception says so in one line too."""
    if failure.exc_value is not None and not isinstance(failure.exc_value, SystemExit):
        name = "?" if failure.thread is None else failure.thread.name
        logging.getLogger("harmony").critical(
            "The thread %s ended", name, exc_info=(failure.exc_type, failure.exc_value, failure.exc_traceback)
        )
