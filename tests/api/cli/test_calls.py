"""The calls from the command line."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet
import pytest

from tests.api.conftest import Site

pytestmark = pytest.mark.database


def test_list_filters_and_pages(filled: Callable[..., Site]) -> None:
    site = filled("01", "03", "04", "10", "13")
    whole = site.ok("calls", "list", "--json").json
    assert len(whole["calls"]) == 5
    assert whole["next"] is None
    assert whole["position"] > 0
    for arguments, found in [
        (["--number", "1003"], 2),
        (["--user", "1001@alpha.example"], 5),
        (["--outcome", "busy"], 1),
        (["--has-transfer"], 2),
        (["--direction", "inbound"], 0),
        (["--tenant", "alpha.example"], 5),
        (["--tenant", "beta.example"], 0),
        (["--min-duration", "7"], 2),
        (["--live"], 0),
        (["--since", "2026-11-23 09:51", "--time-zone", "Europe/Berlin"], 1),
    ]:
        assert len(site.ok("calls", "list", "--json", *arguments).json["calls"]) == found, arguments
    first = site.ok("calls", "list", "--json", "--limit", "3").json
    second = site.ok("calls", "list", "--json", "--limit", "3", "--after", first["next"]).json
    assert [c["call_id"] for c in first["calls"] + second["calls"]] == [c["call_id"] for c in whole["calls"]]


def test_times_are_shown_in_the_zone_asked_for(filled: Callable[..., Site]) -> None:
    site = filled("13")
    (call,) = site.ok("calls", "list", "--json", "--time-zone", "Asia/Kolkata").json["calls"]
    assert call["started_at"].startswith("2026-11-23T14:21:16.")
    assert call["started_at"].endswith("+05:30")
    assert "2026-11-23 14:21:16" in site.ok("calls", "list", "--time-zone", "Asia/Kolkata").out
    assert "14:21:16" in site.ok("calls", "show", call["call_id"], "--time-zone", "Asia/Kolkata").out


def test_show_draws_the_call_also_by_an_alias_or_a_leg(filled: Callable[..., Site]) -> None:
    site = filled("13")
    call = site.ok("calls", "export").json
    ladder = site.ok("calls", "show", call["call_id"]).out
    for words in ("1001 dials 1002", "1002 holds 1001", "consultation: 1002, 1003", "attended transfer by 1002"):
        assert words in ladder
    assert "Why" not in ladder
    assert call["aliases"], "the consultation was a call of its own at first"
    for other in (*call["aliases"], call["legs"][1]["leg_id"]):
        by_other = site.ok("calls", "show", other)
        assert by_other.out == ladder
        assert f"is part of call {call['call_id']}" in by_other.err
    why = site.ok("calls", "show", call["call_id"], "--why").out
    assert why.startswith(ladder.rstrip("\n"))
    assert "refer_uuid: " in why
    assert all(f"at position {e['position']}" in why for e in call["evidence"])
    assert site.ok("calls", "show", call["call_id"], "--json").json == call


def test_a_call_that_is_not_there(filled: Callable[..., Site]) -> None:
    done = filled("01").run("calls", "show", "\x1b[31mnope")
    assert done.code == 1
    assert "There is no call" in done.err
    assert "\x1b" not in done.err


def test_hostile_names_steer_nothing(filled: Callable[..., Site]) -> None:
    site = filled("45")
    listed = site.ok("calls", "list").out
    assert len(listed.splitlines()) == 11
    assert "100% off\\r\\nEvent-Name: CHANNEL_HANGUP" in listed
    assert "<script>" in listed
    worst = [c for c in site.ok("calls", "export").lines if c["from"]["number"] in ("+491700000002", "+491700000003")]
    assert len(worst) == 2
    for call in worst:
        shown = site.ok("calls", "show", call["call_id"]).out
        assert all(c == "\n" or c.isprintable() for c in shown)


def test_another_locale_gets_ascii(filled: Callable[..., Site]) -> None:
    site = filled("45")
    (call,) = [c for c in site.ok("calls", "export").lines if "Владимир" in c["from"]["name"]]
    for arguments in (["calls", "list"], ["calls", "show", call["call_id"]], ["calls", "list", "--json"]):
        done = site.run(*arguments, env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"})
        assert done.code == 0, done.err
        assert done.raw.isascii()
    assert (
        "\\u0412"
        in site.run(
            "calls", "show", call["call_id"], env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
        ).out
    )


def test_export_as_csv_and_parquet_is_the_same_table(filled: Callable[..., Site], tmp_path: Path) -> None:
    site = filled("01", "13", "45")
    text = site.ok("calls", "export", "--format", "csv", "--time-zone", "Europe/Berlin").out
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 12
    assert "<script>" in " ".join(row["from_name"] for row in rows)
    assert rows[0]["started_at"].startswith("2026-11-23 09:49:43")
    target = tmp_path / "calls.parquet"
    site.ok("calls", "export", "--format", "parquet", "-o", target)
    table = pyarrow.parquet.read_table(target)
    assert table.column("call_id").to_pylist() == [row["call_id"] for row in rows]
    legs = site.ok("calls", "export", "--format", "csv", "--view", "cdr_leg", "--has-transfer").out
    assert {row["call_id"] for row in csv.DictReader(io.StringIO(legs))} == {
        c["call_id"] for c in site.ok("calls", "export", "--has-transfer").lines
    }


def test_a_view_is_no_part_of_whole_documents(site: Site) -> None:
    refused = site.run("calls", "export", "--view", "cdr_leg")
    assert (refused.code, "--format csv" in refused.err) == (2, True)


def test_one_call_and_a_search_as_vcon_and_traces(filled: Callable[..., Site]) -> None:
    site = filled("01", "13")
    vcons = site.ok("calls", "export", "--format", "vcon").lines
    assert [one["vcon"] for one in vcons] == ["0.4.0", "0.4.0"]
    (moved,) = site.ok("calls", "export", "--has-transfer").lines
    for kind in ("vcon", "otlp", "ndjson"):
        (one,) = site.ok("calls", "export", "--call", moved["aliases"][0], "--format", kind).lines
        assert moved["call_id"] in json.dumps(one)
    for wrong, why in (
        (("--call", "nobody"), "There is no call 'nobody'"),
        (("--call", "x", "--format", "csv"), "--call: one call is written as ndjson"),
        (("--sign",), "--sign: only a vCon is signed"),
        (("--format", "vcon", "--sign"), "Nothing can be signed here"),
    ):
        refused = site.run("calls", "export", *wrong)
        assert refused.code != 0
        assert why in refused.err


def test_an_export_that_fails_leaves_no_file(filled: Callable[..., Site], tmp_path: Path) -> None:
    target = tmp_path / "calls.csv"
    done = filled("01").run("calls", "export", "--format", "csv", "--view", "nothing", "-o", target)
    assert done.code == 2
    assert list(tmp_path.glob("calls.csv*")) == []


def test_rebuilding_changes_nothing_in_a_sound_set(filled: Callable[..., Site]) -> None:
    site = filled("13", "30")
    before = site.ok("calls", "export").raw
    dry = site.ok("rebuild", "calls", "--dry-run", "--json").json
    assert (dry["changed"], dry["added"], dry["gone"], dry["swapped"]) == (0, 0, 0, False)
    assert site.ok("rebuild", "calls", "--json").json["swapped"] is True
    assert site.ok("calls", "export").raw == before


def test_a_rebuild_tells_what_differs_and_repairs_it(filled: Callable[..., Site]) -> None:
    import psycopg

    site = filled("13")
    before = site.ok("calls", "export").raw
    assert site.dsn is not None
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        connection.execute('UPDATE calls.call SET document = (document::jsonb || \'{"dialled": "9999"}\')::json')
    told = site.ok("rebuild", "calls").out
    assert "dialled 9999 -> 1002" in told
    assert "1 changed" in told
    assert site.ok("calls", "export").raw == before


def test_live_calls(filled: Callable[..., Site]) -> None:
    site = filled("01")
    assert site.ok("calls", "live", "--json").json["calls"] == []
    follow = site.start("calls", "live", "--follow", "--json")
    site.fill("02")
    follow.says('"state":"complete"')
    follow.stop(2)
