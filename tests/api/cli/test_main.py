"""What every command keeps to: exit codes, one sentence, no traceback, no colour in a pipe."""

import gzip
import json
import os
import pty
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.api.conftest import HARMONY, Site, capture, until
from tests.ports import free_port

pytestmark = pytest.mark.database
COMMANDS = [
    ["events", "tail", "--once"],
    ["events", "get", "1"],
    ["events", "verify"],
    ["events", "export"],
    ["calls", "list"],
    ["calls", "show", "x"],
    ["calls", "export"],
    ["calls", "live"],
    ["project", "--once"],
    ["rebuild", "calls"],
    ["migrate"],
    ["serve"],
    ["bridge"],
]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_database_that_is_away_is_one_sentence_everywhere(command: list[str], tmp_path: Path) -> None:
    site = Site(tmp_path, "postgresql://nobody@127.0.0.1:1/none")
    done = site.run(*command)
    assert done.code == 1
    (sentence,) = done.err.splitlines()
    assert sentence.startswith("harmony: ")
    assert "HARMONY_DSN" in sentence
    assert done.out == ""


def test_a_database_without_tables_is_told_to_migrate(empty_dsn: str, tmp_path: Path) -> None:
    site = Site(tmp_path, empty_dsn)
    done = site.run("calls", "list", "--json")
    assert done.code == 1
    assert "run `harmony migrate`" in json.loads(done.err)["error"]["message"]
    assert len(site.ok("migrate", "--json").json["applied"]) > 10
    assert site.ok("migrate", "--json").json["applied"] == []
    site.ok("calls", "list")


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["nonsense"],
        ["calls"],
        ["calls", "list", "--colour"],
        ["calls", "list", "--outcome", "nice"],
        ["calls", "list", "--since", "soon"],
        ["calls", "list", "--time-zone", "Mars/Olympus"],
        ["calls", "list", "--limit", "0"],
        ["calls", "list", "--after", "garbage"],
        ["calls", "export", "--format", "csv", "--view", "nothing"],
        ["events", "import"],
        ["events", "get", "one"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_exit_code_2(site: Site, arguments: list[str]) -> None:
    done = site.run(*arguments)
    assert done.code == 2
    assert done.err
    assert done.out == ""


def test_an_unknown_setting_is_refused_by_name(site: Site) -> None:
    done = site.run("calls", "list", env={"HARMONY_COLOUR": "red"})
    assert done.code == 2
    assert "HARMONY_COLOUR" in done.err


def runs(connection: psycopg.Connection[Any]) -> None:
    """As a server and a fold report that run on."""
    for part in ("http", "projection"):
        connection.execute(
            "INSERT INTO log.service (name, part, host, pid, started_at, updated_at, status)"
            " VALUES (%s, %s, 'h', 1, now(), now() + interval '1 hour', '{}')",
            (f"{part} x", part),
        )


def test_status_is_exit_code_3_when_something_is_wrong(site: Site, connection: psycopg.Connection[Any]) -> None:
    idle = site.run("status", env={"HARMONY_SWITCHES": "freeswitch@pbx1"})
    assert idle.code == 3
    assert "Nothing of Harmony runs: start `harmony run`" in idle.out
    assert "Nothing hears freeswitch@pbx1." in idle.out
    runs(connection)
    assert site.run("status").code == 0
    site.ok("events", "import", capture("01"))
    connection.execute("UPDATE log.switch_event SET stored_at = stored_at - interval '1 minute'")
    done = site.run("status", "--json")
    assert (done.code, done.json["degraded"], done.json["behind"]) == (3, ["projection.behind"], 88)
    assert "degraded" in site.run("status").out


def test_doctor_finds_what_is_wrong_and_says_what_to_do(site: Site, connection: psycopg.Connection[Any]) -> None:
    site.env["HARMONY_HTTP_PORT"] = str(free_port())
    well = site.run("doctor", "--json")
    assert well.code == 0, well.out
    assert {c["check"] for c in well.json["checks"]} >= {"settings", "directory", "database", "tables", "switches"}
    (site.data).mkdir(exist_ok=True)
    (site.data / "token.sha256").write_text("x")
    (site.data / "token.sha256").chmod(0o644)
    warned = site.run("doctor", "--json")
    assert warned.code == 3
    assert any("chmod 600" in c["says"] for c in warned.json["checks"])
    broken = site.run("doctor", env={"HARMONY_SWITCHES": "freeswitch@127.0.0.1", "ERL_EPMD_PORT": "1"})
    assert broken.code == 1
    assert "has no cookie" in broken.out
    broken = site.run(
        "doctor", env={"HARMONY_SWITCHES": "freeswitch@127.0.0.1", "HARMONY_COOKIE": "c", "ERL_EPMD_PORT": "1"}
    )
    assert "No epmd at 127.0.0.1:1" in broken.out
    open_wide = site.run(
        "doctor", env={"HARMONY_PEERS": "ops@127.0.0.1", "HARMONY_COOKIE": "ClueCon", "HARMONY_ERLANG_HOST": "0.0.0.0"}
    )
    assert open_wide.code == 3
    assert "Our Erlang node listens at 0.0.0.0 without encryption" in open_wide.out
    assert "That of ops@127.0.0.1 is a published example" in open_wide.out
    shut = site.run("doctor", env={"HARMONY_PEERS": "ops@127.0.0.1"})
    assert shut.code == 1
    assert "ops@127.0.0.1 has no cookie and is not let in" in shut.out
    unsettled = site.run("doctor", env={"HARMONY_HTTP_PORT": "many"})
    assert unsettled.code == 1
    assert "HARMONY_HTTP_PORT" in unsettled.out


def test_the_first_doctor_has_nothing_to_say_against_tables_that_run_makes(tmp_path: Path, empty_dsn: str) -> None:
    for site in (Site(tmp_path / "empty", None), Site(tmp_path / "other", empty_dsn)):
        site.env["HARMONY_HTTP_PORT"] = str(free_port())
        first = site.run("doctor", "--json")
        assert first.code == 0, first.out
        (tables,) = [c for c in first.json["checks"] if c["check"] == "tables"]
        assert tables["result"] == "ok"
        assert tables["says"].startswith("None yet: the first `harmony run` makes them")
    site.ok("migrate")
    with psycopg.connect(empty_dsn, autocommit=True) as connection:
        connection.execute("DELETE FROM log.migration WHERE number > 150")
    later = site.run("doctor", "--json")
    assert later.code == 3
    assert any("migrations are missing: run `harmony migrate`" in c["says"] for c in later.json["checks"])


def test_a_reader_that_goes_away_is_no_error(filled: Callable[..., Site]) -> None:
    site = filled("45", "30", "13")
    command = " ".join(HARMONY)
    done = subprocess.run(
        ["sh", "-c", f"{command} events export; echo $? >&2"],
        env=site.env,
        capture_output=True,
        check=False,
    )
    assert len(done.stdout) > 1_000_000
    done = subprocess.run(
        ["bash", "-c", f"{command} events export | head -c 100 >/dev/null; echo ${{PIPESTATUS[0]}}"],
        env=site.env,
        capture_output=True,
        check=False,
    )
    assert done.stdout == b"0\n"
    assert done.stderr == b""


def on_terminal(site: Site, *arguments: str) -> tuple[bytes, bytes]:
    """What a command writes to a terminal: stdout, stderr."""
    outs = []
    ends = []
    for _ in range(2):
        ours, theirs = pty.openpty()
        outs.append(ours)
        ends.append(theirs)
    env = site.env | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen([*HARMONY, *arguments], env=env, stdout=ends[0], stderr=ends[1])
    for end in ends:
        os.close(end)
    read = [b"", b""]

    def drained() -> bool:
        for n, out in enumerate(outs):
            os.set_blocking(out, False)
            try:
                while data := os.read(out, 65536):
                    read[n] += data
            except BlockingIOError:
                pass
            except OSError:  # the other end is closed
                continue
        return process.poll() is not None

    until(drained, "its end")
    drained()
    for out in outs:
        os.close(out)
    return read[0], read[1]


def test_progress_is_for_terminals_and_stays_off_stdout(site: Site, tmp_path: Path) -> None:
    piped = site.ok("events", "import", capture("30"))
    assert "\x1b" not in piped.out + piped.err
    assert piped.err == ""
    long = tmp_path / "long.etf"
    long.write_bytes(b"".join(gzip.decompress(capture(n).read_bytes()) for n in ("19", "24", "28", "39", "45", "10v")))
    out, err = on_terminal(site, "events", "import", str(long))
    assert b"\x1b" not in out
    assert b"%" in err
    assert b"MB/s" in err


def test_colour_is_for_terminals_and_can_be_refused(site: Site, connection: psycopg.Connection[Any]) -> None:
    runs(connection)
    assert "\x1b" not in site.ok("status").out
    assert b"\x1b[32m" in on_terminal(site, "status")[0]
    site.env["NO_COLOR"] = "1"
    assert b"\x1b" not in on_terminal(site, "status")[0]
