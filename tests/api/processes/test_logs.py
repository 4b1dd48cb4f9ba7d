"""Log lines: for people, or one JSON object each, whatever is in them."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from api.processes import logs
from core.errors import LogAway
from tests.api.conftest import Site
from tests.ports import free_port

LOG = logging.getLogger("harmony.test")


@pytest.fixture(autouse=True)
def _logging_as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    before = list(root.handlers), root.level, threading.excepthook
    yield
    root.handlers[:], root.level, threading.excepthook = before
    logging.captureWarnings(False)


def said(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


@pytest.mark.pure
def test_a_line_is_one_object_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("bridge", "json")
    LOG.warning("%s sent\nsomething", "a\x1b[31m", extra={"switch": "freeswitch@pbx1", "leg": None, "position": 7})
    (line,) = said(capsys)
    time = line.pop("time")
    assert time.endswith("Z")
    assert line == {
        "level": "warning",
        "part": "bridge",
        "logger": "harmony.test",
        "message": "a\x1b[31m sent\nsomething",
        "switch": "freeswitch@pbx1",
        "position": 7,
    }


@pytest.mark.pure
def test_a_traceback_stays_in_its_line(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("http", "json")
    try:
        raise ValueError("two\nlines")
    except ValueError:
        LOG.exception("It failed")
    thread = threading.Thread(target=os.environ.__getitem__, args=["HARMONY_NO_SUCH"], name="worker")
    thread.start()
    thread.join()
    first, second = said(capsys)
    assert (first["error"], first["level"]) == ("ValueError", "error")
    assert "raise ValueError" in first["traceback"]
    assert (second["message"], second["error"]) == ("The thread worker ended", "KeyError")


@pytest.mark.pure
def test_text_is_harmless(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("bridge")
    LOG.warning("%s", "a\x1b[31m")
    assert capsys.readouterr().err.endswith(" bridge WARNING a\\x1b[31m\n")


@pytest.mark.pure
def test_a_database_that_is_away_is_one_line_of_a_process(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("http")
    for waiting in ("live calls", "access tokens", "the log"):
        LOG.warning("%s wait (%s)", waiting, LogAway("The database is away"))
    LOG.warning("%s wait (%s)", "others", psycopg.OperationalError("connection failed\n\tIs it running?"))
    LOG.warning("%s is in trouble (%s)", "a follower", "The database of the event log is away (no server): start it.")
    LOG.warning("something else")
    logging.getLogger("psycopg.pool").warning("discarding closed connection: %s", "<psycopg.Connection [BAD]>")
    logging.getLogger("asyncio").warning("socket.send() raised exception.")
    first, second = capsys.readouterr().err.splitlines()
    assert first.endswith("WARNING live calls wait (The database is away)")
    assert second.endswith("WARNING something else")


@pytest.mark.pure
def test_what_a_driver_says_on_several_lines_is_one(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("http")
    LOG.warning("it failed: %s", "no server\n\tIs it running?\n")
    assert capsys.readouterr().err.endswith(" http WARNING it failed: no server Is it running?\n")


@pytest.mark.http
def test_a_part_writes_them_when_the_settings_say_so(site: Site) -> None:
    env = {"HARMONY_LOG_FORMAT": "json", "HARMONY_HTTP_PORT": str(free_port())}
    running = site.start("serve", env=env)
    try:
        running.says("Application startup complete")
    finally:
        code = running.stop()
    assert code == 0, running.said
    lines = [json.loads(line) for line in running.said if line.startswith("{")]
    assert {line["part"] for line in lines} == {"http"}
    assert any(line["message"].startswith("listening on") for line in lines)
    assert all(line.startswith("{") for line in running.said if line and not line.startswith("Access token: ")), (
        running.said
    )
    refused = site.run("serve", env={"HARMONY_LOG_FORMAT": "xml"})
    assert refused.code == 2
    assert "HARMONY_LOG_FORMAT" in refused.err
