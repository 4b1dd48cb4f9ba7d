"""`harmony events verify` says what is wrong with an event, what is missing, and what the log knows of that."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from tests.api.conftest import Site, capture

pytestmark = pytest.mark.http


def test_a_sound_log(site: Site) -> None:
    site.ok("events", "import", capture("13"))
    said = site.ok("events", "verify").out
    assert "nothing wrong" in said
    assert "4 legs, 0 of them live: nothing else is missing." in said


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        ("topic = 'CHANNEL_NONSENSE'", "Its row says topic CHANNEL_NONSENSE"),
        ("originator_version = 5", "Its row says sequence 5"),
        ("state = substring(state, 1, 50)", "damaged"),
        ("occurred_at = occurred_at + interval '1 s'", "Its row says time"),
    ],
)
def test_what_was_changed(site: Site, connection: psycopg.Connection[Any], harm: str, says: str) -> None:
    site.ok("events", "import", capture("01"))
    connection.execute(f"UPDATE log.switch_event SET {harm} WHERE position = 20".encode())
    done = site.run("events", "verify", "--json")
    assert done.code == 1
    events = connection.execute("SELECT count(*) FROM log.switch_event").fetchone()
    assert events == (done.json["events"],)
    assert {one["position"] for one in done.json["wrong"]} == {20}
    assert any(says in one["what"] for one in done.json["wrong"])


def test_what_was_taken_out(site: Site, connection: psycopg.Connection[Any]) -> None:
    site.ok("events", "import", capture("10"))
    row = connection.execute(
        "DELETE FROM log.switch_event WHERE position IN"
        " (SELECT position FROM log.switch_event WHERE topic = 'CHANNEL_DESTROY' LIMIT 1) RETURNING originator_id"
    ).fetchone()
    assert row is not None
    done = site.run("events", "verify", "--json")
    assert done.code == 3
    assert not done.json["wrong"]
    assert [(one["code"], one["leg"]) for one in done.json["missing"]] == [("missing.end", str(row[0]))]
    said = site.run("events", "verify").out
    assert f"The end (CHANNEL_DESTROY) of leg {row[0]} is missing" in said
    assert "nothing wrong" in said


def test_what_is_missing_for_a_loss_is_explained(site: Site) -> None:
    site.ok("events", "import", capture("49"))
    done = site.ok("events", "verify")
    assert "nobody was listening" in done.out
    assert "are missing in a loss that the log tells of." in done.out
    assert "nothing else is missing" in done.out
