"""The switch log from the command line."""

import gzip
import json
import subprocess
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.api.conftest import HARMONY, Site, capture

pytestmark = pytest.mark.database


def unpacked(number: str, path: Path, size: int | None = None) -> Path:
    path.write_bytes(gzip.decompress(capture(number).read_bytes())[:size])
    return path


def count(connection: psycopg.Connection[Any]) -> int:
    """The events of switches; that somebody imported them is an event too."""
    row = connection.execute(
        "SELECT count(*) FROM log.switch_event WHERE topic <> 'CUSTOM harmony::operator'"
    ).fetchone()
    assert row is not None
    return int(row[0])


def test_importing_twice_stores_once(site: Site, connection: psycopg.Connection[Any]) -> None:
    first = site.ok("events", "import", capture("01"), capture("49"), "--json").json
    assert (first["events"], first["stored"]) == (337, 337)
    again = site.ok("events", "import", capture("49"), capture("01"), "--json").json
    assert (again["events"], again["stored"]) == (337, 0)
    assert count(connection) == 337


def test_two_processes_at_once_store_each_event_once(
    site: Site, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    """Two importers of overlapping halves: the first file whole, the second from its other end."""
    files = [str(capture(n)) for n in ("13", "19", "30", "24")]
    importers = [
        subprocess.Popen([*HARMONY, "events", "import", *order, "--json"], env=site.env, stdout=subprocess.PIPE)
        for order in (files, files[::-1])
    ]
    results = [json.loads(p.communicate(timeout=60)[0]) for p in importers]
    assert [p.returncode for p in importers] == [0, 0]
    assert results[0]["events"] == results[1]["events"]
    assert results[0]["stored"] + results[1]["stored"] == results[0]["events"] == count(connection)


def test_a_truncated_file_is_refused_with_the_offset_and_keeps_what_was_good(
    site: Site, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    cut = unpacked("02", tmp_path / "cut.etf", 20_000)
    done = site.run("events", "import", cut, "--json")
    assert done.code == 1
    told = json.loads(done.err)["error"]
    assert told["code"] == "capture.truncated"
    assert "at byte 15587" in told["message"]
    assert done.json["files"][0]["stored"] == 7 == count(connection)
    whole = site.ok("events", "import", capture("02"), "--json").json
    assert whole["stored"] == whole["events"] - 7


def test_a_cut_gzip_is_refused_too(site: Site, tmp_path: Path) -> None:
    cut = tmp_path / "cut.etf.gz"
    cut.write_bytes(capture("02").read_bytes()[:-2000])
    done = site.run("events", "import", cut)
    assert done.code == 1
    assert "cut.etf.gz ends in the middle of" in done.err
    assert "are stored" in done.err


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"Not a capture at all, but long enough for a head", "is no capture file"), (b"", None), (b"\x1f\x8bxx", "")],
)
def test_a_foreign_file_is_refused_and_the_others_go_on(
    site: Site, tmp_path: Path, content: bytes, says: str | None
) -> None:
    odd = tmp_path / "odd"
    odd.write_bytes(content)
    done = site.run("events", "import", odd, tmp_path / "missing", capture("01"))
    assert done.code == 1
    assert "missing cannot be read (No such file or directory)" in done.err
    assert "87 events, 87 of them new" in done.out
    assert says is None or (f"{odd}" in done.err and says in done.err)


def test_a_lost_link_in_a_capture_is_in_the_log(site: Site) -> None:
    site.ok("events", "import", capture("49"))
    own = site.ok(
        "events", "export", "--topic", "CUSTOM harmony::link_down", "--topic", "CUSTOM harmony::link_up"
    ).lines
    assert [event["topic"] for event in own] == ["CUSTOM harmony::link_down", "CUSTOM harmony::link_up"]
    assert {event["headers"]["Harmony-Switch"] for event in own} == {"freeswitch@fs-rig"}
    assert own[1]["headers"]["Harmony-Until"] == "1795424891824745"


def test_the_switch_can_be_named(site: Site) -> None:
    site.ok("events", "import", capture("01"), "--switch", "freeswitch@pbx9")
    assert site.ok("events", "get", "1", "--json").json["switch"] == "freeswitch@pbx9"


def test_export_and_import_again_is_the_same_log(site: Site, tmp_path: Path, new_database: Any) -> None:
    site.ok("events", "import", capture("13"))
    copy = tmp_path / "copy.etf.gz"
    assert "197 events" in site.ok("events", "export", "-o", copy).out
    other = Site(tmp_path / "other", new_database())
    other.ok("migrate")
    other.ok("events", "import", copy)
    mine, theirs = ([e["headers"] for e in s.ok("events", "export").lines] for s in (site, other))
    acts = [[e["Harmony-Action"] for e in log if "Harmony-Action" in e] for log in (mine, theirs)]
    assert acts == [["import", "export"], ["import", "import"]]
    assert mine[:197] == theirs[:197]


def test_get_shows_all_headers_and_nothing_that_steers(site: Site) -> None:
    site.ok("events", "import", capture("45"))
    evil = site.ok("events", "export", "--topic", "CHANNEL_CREATE").lines
    (event, *_) = [e for e in evil if "\r\n" in e["headers"].get("Caller-Caller-ID-Name", "")]
    shown = site.ok("events", "get", event["position"]).out
    assert "\r" not in shown
    assert "100% off\\r\\nEvent-Name: CHANNEL_HANGUP" in shown
    assert "\nEvent-Name: CHANNEL_HANGUP" not in shown


@pytest.mark.parametrize("position", ["5000", "0", "-3"])
def test_a_position_that_is_not_there(site: Site, position: str) -> None:
    site.ok("events", "import", capture("01"))
    done = site.run("events", "get", "--", position)
    assert done.code in (1, 2)
    assert "position" in done.err


def test_tail_shows_the_last_events_and_then_new_ones(site: Site) -> None:
    site.ok("events", "import", capture("01"))
    tail = site.start("events", "tail", "--topic", "CHANNEL_ANSWER", "--after", "88", "--json", "--upto", "177")
    site.ok("events", "import", capture("02"))
    tail.process.wait(30)
    tail._reader.join(5)
    assert tail.process.stdout is not None
    tail.process.stdout.close()
    assert [json.loads(line)["topic"] for line in tail.said] == ["CHANNEL_ANSWER", "CHANNEL_ANSWER"]
    once = site.ok("events", "tail", "--once", "-n", "3").out.splitlines()
    assert [line.split()[0] for line in once] == ["176", "177", "178"]


def test_digits_are_redacted_where_policy_says_so(site: Site, new_database: Any) -> None:
    """What callers type may be a secret; the policy holds for imports as for the bridge."""
    other = Site(site.data.parent / "other", new_database())
    other.env["HARMONY_DTMF"] = "redact"
    other.ok("migrate")
    digits = []
    for place in (site, other):
        place.ok("events", "import", capture("37"))
        told = place.ok("events", "export", "--topic", "DTMF").lines
        digits.append({event["headers"]["DTMF-Digit"] for event in told})
    assert digits[0] > {"1", "2"}
    assert digits[1] == {"*"}
