"""Somebody who takes caller after caller out of a fifo, on one line, joins none of them."""

import pytest

from core.event import SwitchEvent
from projections.callflow import Call
from projections.callflow.fact import Fact
from projections.callflow.reading import read
from tests.projections.callflow.facts import DOMAIN, offers, spans
from tests.projections.callflow.folding import fold_pages
from tests.projections.callflow.long_calls import event

pytestmark = pytest.mark.pure

SECOND = 1_000_000


class _Day:
    """What a switch tells of two callers and of the one line that serves them, in the headers that mod_fifo sets."""

    def __init__(self) -> None:
        self.events: list[SwitchEvent] = []
        self.tell(0, "CHANNEL_CREATE", "line", **_line())
        self.tell(0, "CHANNEL_ANSWER", "line", **_line())
        for n, (caller, begin) in enumerate((("anna", 10), ("ben", 20))):
            said = _caller(caller, n)
            self.tell(begin, "CHANNEL_CREATE", caller, **said)
            self.tell(begin, "CHANNEL_ANSWER", caller, **said)
            fifo = {"Event-Subclass": "fifo::info", "FIFO-Name": f"sales@{DOMAIN}", "FIFO-Action": "push"}
            self.tell(begin, "CUSTOM fifo::info", caller, **said, **fifo)
            bridge = {"Bridge-A-Unique-ID": "line", "Bridge-B-Unique-ID": caller}
            serving = {"variable_fifo_bridge_role": "consumer", "variable_fifo_target": caller}
            served = {"variable_fifo_bridge_role": "caller", "variable_fifo_target": "line"}
            self.tell(begin + 2, "CHANNEL_BRIDGE", "line", **_line(), **bridge, **serving)
            ended = {"Hangup-Cause": "NORMAL_CLEARING", "variable_sip_hangup_disposition": "recv_bye"}
            self.tell(begin + 5, "CHANNEL_HANGUP", caller, **said, **served, **ended)
            self.tell(begin + 5, "CHANNEL_UNBRIDGE", "line", **_line(), **bridge, **serving)
            self.tell(begin + 5, "CHANNEL_HANGUP_COMPLETE", caller, **said, **served, **ended)

    def tell(self, at: int, topic: str, leg: str, **headers: str) -> None:
        self.events.append(event(topic, leg, len(self.events) + 1, at * SECOND, headers))

    def calls(self) -> dict[str, Call]:
        return fold_pages([[one] for one in self.events], restart=True).calls


def _line() -> dict[str, str]:
    return {
        "Channel-Name": f"sofia/internal/1003@{DOMAIN}",
        "Call-Direction": "inbound",
        "Channel-Presence-ID": f"1003@{DOMAIN}",
        "Caller-Caller-ID-Number": "1003",
        "Caller-Destination-Number": "7001",
        "variable_user_name": "1003",
        "variable_domain_name": DOMAIN,
    }


def _caller(name: str, n: int) -> dict[str, str]:
    return {
        "Channel-Name": "sofia/external/x",
        "Call-Direction": "inbound",
        "Caller-Caller-ID-Number": f"0170555000{n}",
        "Caller-Destination-Number": "7000",
        "variable_domain_name": DOMAIN,
    }


def test_each_caller_has_a_call_of_his_own_with_his_wait_and_his_talk() -> None:
    calls = _Day().calls()
    assert set(calls) == {"line", "anna", "ben"}
    for n, name in enumerate(("anna", "ben")):
        call, number = calls[name], f"0170555000{n}"
        assert spans(call, "queue") == [((number, "queue:sales"), 2.0)]
        assert spans(call, "talk") == [((number, "1003"), 3.0)]
        assert offers(call) == [("1003", "answered")]
        assert (call.state, call.answered_by, call.hangup.by if call.hangup else None) == ("complete", "1003", number)


def test_a_line_that_waits_is_no_call_of_a_caller() -> None:
    line = _Day().calls()["line"]
    assert [leg.leg_id for leg in line.legs] == ["line"]
    assert (line.answered, line.talk_seconds) == (False, 0)


def test_a_member_whom_the_fifo_calls_is_a_leg_like_others() -> None:
    bridge = {"Bridge-A-Unique-ID": "member", "Bridge-B-Unique-ID": "anna", "Call-Direction": "outbound"}
    serving = {"variable_fifo_bridge_role": "consumer", "variable_fifo_target": "anna"}
    (fact,) = read(event("CHANNEL_BRIDGE", "member", 1, 0, bridge | serving))
    assert isinstance(fact, Fact)
    assert (fact.leg, [tie.leg for tie in fact.ties]) == ("member", ["anna"])


def test_who_fetches_one_caller_and_no_more_is_in_his_call() -> None:
    bridge = {"Bridge-A-Unique-ID": "line", "Bridge-B-Unique-ID": "anna", **_line()}
    serving = {"variable_fifo_bridge_role": "consumer", "variable_fifo_target": "anna"}
    app = {"variable_current_application": "fifo", "variable_current_application_data": f"sales@{DOMAIN} out nowait"}
    (fact,) = read(event("CHANNEL_BRIDGE", "line", 1, 0, bridge | serving | app))
    assert (fact.leg, [tie.leg for tie in fact.ties]) == ("line", ["anna"])


def test_who_waited_too_long_has_left() -> None:
    (fact,) = read(event("CUSTOM fifo::info", "anna", 1, 0, {"FIFO-Name": "sales", "FIFO-Action": "timeout"}))
    assert fact.data["action"] == "leave"
