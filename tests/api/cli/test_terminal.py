"""What callers write about themselves, on a real terminal: shown, never obeyed."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import unicodedata
from pathlib import Path

import pytest

from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import HARMONY, Site
from tests.projections.filling import made_event

pytestmark = pytest.mark.http

HOSTILE = "id-\x1b]0;title\x07\x9b2J\u202egpj\u2066\x7f"


def on_a_terminal(site: Site, *arguments: str) -> str:
    """What a command writes to a terminal."""
    leader, follower = pty.openpty()
    # A progress bar is drawn on stderr, with control characters of its own.
    beside = subprocess.DEVNULL if arguments[0] == "replay" or "export" in arguments else follower
    process = subprocess.Popen(
        [*HARMONY, *arguments], env=site.env | {"TERM": "xterm"}, stdin=follower, stdout=follower, stderr=beside
    )
    os.close(follower)
    said = b""
    while True:
        try:
            piece = os.read(leader, 65_536)
        except OSError:  # the other end is closed
            break
        if not piece:
            break
        said += piece
    os.close(leader)
    assert process.wait() == 0, said
    return said.decode()


def test_nothing_that_a_caller_sends_steers_a_terminal(site: Site, tmp_path: Path) -> None:
    assert site.dsn is not None
    names = {"Caller_Caller_ID_Name": HOSTILE, "Caller_Destination_Number": HOSTILE, "Call_Direction": "inbound"}
    with EventLog(site.dsn) as log:
        log.append([made_event("CHANNEL_CREATE", 1, HOSTILE, **names)])
    Runner(site.dsn, CallFold, TOPICS).run_once()
    for arguments in (
        ["calls", "list"],
        ["calls", "show", HOSTILE],
        ["calls", "show", HOSTILE, "--json"],
        ["calls", "show", HOSTILE, "--why"],
        ["calls", "list", "--json"],
        ["calls", "export"],
        ["calls", "export", "--format", "csv"],
        ["events", "tail", "--once", "--json"],
        ["events", "tail", "--once"],
        ["events", "get", "1"],
        ["events", "get", "1", "--json"],
        ["replay"],
    ):
        said = on_a_terminal(site, *arguments).replace("\r\n", "\n")
        assert "gpj" in said, arguments
        steering = {c for c in said if unicodedata.category(c) in {"Cc", "Cf"} and c not in "\n\x1b"}
        assert not steering, (arguments, steering)
        # Colours of ours are all that begins with an escape.
        assert all(piece.startswith(("[0m", "[1m", "[2m", "[3")) for piece in said.split("\x1b")[1:]), arguments
    piped = site.ok("calls", "show", HOSTILE, "--json")
    assert json.loads(on_a_terminal(site, "calls", "show", HOSTILE, "--json")) == piped.json
