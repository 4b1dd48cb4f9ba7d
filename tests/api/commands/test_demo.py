"""The demo obeys: commands over HTTP to the emulated switch's living phones, and what the call documents say then."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.conftest import Site, until
from tests.api.demo import PATIENCE, Demo

pytestmark = pytest.mark.http


@pytest.fixture
def demo(dsn: str, tmp_path: Path) -> Iterator[Demo]:
    started = Demo(Site(tmp_path / "data", dsn))
    yield started
    started.http.close()
    started.running.stop(signal.SIGTERM)


def test_the_demo_does_what_commands_say(demo: Demo) -> None:
    talks_are_moved(demo)
    calls_are_parked_and_rooms_ruled(demo)


def talks_are_moved(demo: Demo) -> None:
    """In a company whose people are quiet, so that phones are free."""
    call = demo.dial("1001@gamma.example", "1002")
    assert (call["tenant"], call["direction"], call["dialled"]) == ("gamma.example", "internal", "1002")
    assert [(party["party"], party["role"]) for party in call["parties"]] == [("1001", "caller"), ("1002", "callee")]
    at = f"/v1/calls/{call['call_id']}"
    assert demo.post(f"{at}/hold", {"party": "1002"})["said"] == "+OK Success"
    demo.call(call["call_id"], lambda call: call["state"] == "held", "the hold")
    assert demo.post(f"{at}/resume")["said"] == "+OK Success"
    demo.call(call["call_id"], lambda call: call["state"] == "talking", "the talk again")
    assert demo.post(f"{at}/record", {"action": "start"})["result"] == "ok"
    assert demo.post(f"{at}/record", {"action": "stop"})["result"] == "ok"
    assert demo.post(f"{at}/dtmf", {"party": "1002", "digits": "12#"})["result"] == "ok"

    begun = demo.post(f"{at}/transfer", {"kind": "attended", "by": "1002", "to": "1003"})
    assert begun["said"] == "+OK Message sent"
    until(lambda: demo.post(f"{at}/transfer/complete")["result"] == "ok", "an answer, and the transfer", PATIENCE)
    call = demo.call(
        call["call_id"], lambda call: bool(call["transfers"]) and call["state"] == "talking", "the transfer"
    )
    assert [(one["kind"], one["by"], one["to"], one["result"]) for one in call["transfers"]] == [
        ("attended", "1002", "1003", "completed")
    ]
    assert demo.post(f"{at}/transfer", {"kind": "blind", "party": "1001", "to": "1002"})["result"] == "ok"
    call = demo.call(call["call_id"], lambda call: len(call["transfers"]) == 2 and call["state"] == "talking", "1002")
    ended = demo.post(f"{at}/hangup")
    assert (ended["result"], ended["said"]) == ("ok", "+OK")
    call = demo.call(call["call_id"], lambda call: call["state"] == "complete", "the end")
    assert (call["outcome"], call["answered_by"], call["quality"]) == ("answered", "1002", "observed")
    kinds = [segment["kind"] for segment in call["segments"]]
    assert kinds.count("talk") >= 3
    assert {"hold", "consult", "record"} <= set(kinds)

    call = demo.dial("1002@gamma.example", "1003")
    at = f"/v1/calls/{call['call_id']}"
    demo.post(f"{at}/transfer", {"kind": "attended", "by": "1003", "to": "1001"})
    until(lambda: demo.post(f"{at}/transfer/cancel")["result"] == "ok", "the third one's leg", PATIENCE)
    call = demo.call(call["call_id"], lambda call: call["state"] == "talking", "the first two together again")
    assert call["transfers"] == []


def calls_are_parked_and_rooms_ruled(demo: Demo) -> None:
    """In a company that lives."""
    call = demo.dial("1001@alpha.example", "1002")
    at = f"/v1/calls/{call['call_id']}"
    assert demo.post(f"{at}/park", {"party": "1001", "lot": "5901"})["result"] == "ok"
    demo.call(call["call_id"], lambda call: call["state"] == "parked", "the park")
    until(lambda: demo.calls("1004@alpha.example", "5901"), "somebody to fetch it", PATIENCE)
    call = demo.call(call["call_id"], lambda call: call["state"] == "talking", "the retrieval")
    assert [one["kind"] for one in call["transfers"]] == ["park", "retrieve"]
    assert demo.post(f"{at}/hangup")["result"] == "ok"

    until(lambda: demo.calls("1005@alpha.example", "3001"), "somebody in the room", PATIENCE)
    room = demo.call(demo.made, lambda call: call["state"] == "conference", "the room")
    muted = demo.post("/v1/conferences/3001/mute", {"party": "1005"})
    assert muted["result"] == "ok"
    assert demo.post(f"/v1/calls/{room['call_id']}/hangup")["result"] == "ok"
    demo.call(room["call_id"], lambda call: call["state"] == "complete", "the end")
