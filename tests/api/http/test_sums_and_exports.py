"""Sums, stories and files of exactly the calls that a search names, for whoever may see them."""

import csv
import io
import json
from collections.abc import Iterator

import httpx
import pyarrow.parquet
import pytest

from tests.api.conftest import Server, Site

pytestmark = pytest.mark.http


@pytest.fixture
def client(server: Server, site: Site) -> Iterator[httpx.Client]:
    site.fill("01", "03", "13", "30", "31")
    with server.client() as opened:
        yield opened


def test_the_sums_are_those_of_the_list(client: httpx.Client) -> None:
    for search in (
        {},
        {"outcome": "abandoned"},
        {"queue": "support"},
        {"has_transfer": "true"},
        {"since": "2030-01-01"},
    ):
        calls = client.get("/v1/calls", params={**search, "view": "summary", "limit": "500"}).json()["calls"]
        sums = client.get("/v1/call-sums", params=search).json()
        assert sums["calls"] == len(calls), search
        assert sums["answered"] == sum(call["answered"] for call in calls)
        assert sums["talk_seconds"] == pytest.approx(sum(call["talk_seconds"] for call in calls))
        outcomes = [call["outcome"] for call in calls if call["outcome"]]
        assert sums["outcomes"] == {one: outcomes.count(one) for one in outcomes}
        assert sum(bar["calls"] for bar in sums["bars"]) == len(calls)
        assert len(sums["bars"]) <= 49
    waited = client.get("/v1/calls", params={"min_waited": "3", "view": "summary"}).json()["calls"]
    assert waited
    assert all(call["waited_seconds"] >= 3 for call in waited)
    assert client.get("/v1/call-sums", params={"quality": "gap"}).json()["calls"] == 0


def test_a_story_is_what_the_caller_lived_through(client: httpx.Client) -> None:
    calls = client.get("/v1/calls", params={"view": "story"}).json()["calls"]
    attended = next(call for call in calls if call["transfers"])
    assert [one["kind"] for one in attended["story"]] == ["ring", "talk", "hold", "talk"]
    assert all(one["ends"] is None or one["ends"] >= one["begins"] >= 0 for call in calls for one in call["story"])
    ends = [one["begins"] for one in attended["story"]]
    assert ends == sorted(ends)


def test_the_files_hold_exactly_the_search(client: httpx.Client) -> None:
    search = {"has_transfer": "true"}
    (call,) = client.get("/v1/calls", params=search).json()["calls"]
    answer = client.get("/v1/call-export", params=search)
    assert answer.headers["content-disposition"] == 'attachment; filename="calls.csv"'
    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["call_id"] == call["call_id"]
    (line,) = client.get("/v1/call-export", params={**search, "format": "ndjson"}).text.splitlines()
    assert json.loads(line) == call
    content = client.get("/v1/call-export", params={**search, "format": "parquet", "rows": "cdr_segment"}).content
    assert pyarrow.parquet.read_table(io.BytesIO(content)).num_rows == len(call["segments"])
    assert client.get("/v1/call-export", params={"since": "2030-01-01"}).text.count("\n") == 1
    for bad in ({"format": "xls"}, {"rows": "pg_user"}, {"outcome": "x"}, {"time_zone": "x"}):
        assert client.get("/v1/call-export", params=bad).status_code == 400, bad


def test_a_search_and_one_call_in_the_shapes_of_others(client: httpx.Client) -> None:
    search = {"has_transfer": "true"}
    (call,) = client.get("/v1/calls", params=search).json()["calls"]
    vcons = client.get("/v1/call-export", params={**search, "format": "vcon"})
    assert vcons.headers["content-disposition"] == 'attachment; filename="calls.vcon.ndjson"'
    (line,) = vcons.text.splitlines()
    assert json.loads(line)["analysis"][0]["body"] == call
    one = f"/v1/calls/{call['call_id']}/export"
    assert client.get(one).json() == json.loads(line)
    assert client.get(one).headers["content-type"] == "application/vcon"
    leg = call["legs"][-1]["leg_id"]
    trace = client.get(f"/v1/calls/{leg}/export", params={"format": "otlp"})
    assert trace.headers["content-disposition"] == 'attachment; filename="call.otlp.json"'
    (traced,) = client.get("/v1/call-export", params={**search, "format": "otlp"}).text.splitlines()
    assert json.loads(traced) == trace.json()
    assert len(client.get("/v1/call-export", params={"format": "otlp"}).text.splitlines()) >= 5
    for path, asked, status in (
        (one, {"sign": "true"}, 409),
        (one, {"sign": "perhaps"}, 400),
        (one, {"format": "otlp", "sign": "true"}, 409),
        ("/v1/call-export", {"format": "csv", "sign": "true"}, 409),
        (one, {"format": "csv"}, 400),
        ("/v1/calls/nobody/export", {}, 404),
    ):
        assert client.get(path, params=asked).status_code == status, (path, asked)
