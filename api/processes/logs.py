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

from api.words.text import harmless

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


def configure(part: str, log_format: Literal["text", "json"] = "text", level: int = logging.INFO) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json(part) if log_format == "json" else _Line(part))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)
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
