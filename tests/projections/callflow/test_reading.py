"""Which headers of which event make which facts, and which of them tie legs together: one event a test."""

import pytest

from projections.callflow.fact import Fact
from projections.callflow.headers import multiple
from projections.callflow.reading import read
from tests.projections.callflow.long_calls import event

pytestmark = pytest.mark.pure

OTHER = "7f3b9f6e-1c5d-4a57-9d5a-000000000002"
THIRD = "7f3b9f6e-1c5d-4a57-9d5a-000000000003"


def _read(topic: str, **headers: str) -> list[Fact]:
    return read(event(topic, "me", 7, 0, {name.replace("_", "-"): value for name, value in headers.items()}))


def _with(topic: str, headers: dict[str, str]) -> list[Fact]:
    return read(event(topic, "me", 7, 0, headers))


def _ties(facts: list[Fact]) -> set[tuple[str, str]]:
    return {(tie.leg, tie.why) for fact in facts for tie in fact.ties}


def test_an_event_of_no_topic_that_counts_says_nothing() -> None:
    assert _read("CHANNEL_STATE") == []


def test_an_event_without_a_leg_says_nothing() -> None:
    assert read(event("CHANNEL_HOLD", "", 7, 0, {})) == []


def test_a_fact_knows_where_its_event_stands() -> None:
    (fact,) = _read("CHANNEL_HOLD")
    assert (fact.kind, fact.leg, fact.run, fact.seq, fact.position) == ("hold", "me", 1, 7, 7)


def test_a_called_leg_is_tied_to_who_called_it_while_it_is_made() -> None:
    made = {"Call-Direction": "outbound", "Other-Type": "originator", "Other-Leg-Unique-ID": OTHER}
    assert _ties(_with("CHANNEL_CREATE", made)) == {(OTHER, "other_leg")}
    # After a transfer the field names whoever came last.
    assert _ties(_with("CHANNEL_HANGUP_COMPLETE", made)) == set()


def test_who_calls_is_tied_by_no_field_that_names_the_other_leg() -> None:
    made = {"Call-Direction": "inbound", "Other-Type": "originatee", "Other-Leg-Unique-ID": OTHER}
    assert _ties(_with("CHANNEL_CREATE", made)) == set()


def test_the_last_words_of_a_leg_tie_it_to_whom_it_consulted_moved_and_rang() -> None:
    said = {
        "variable_refer_uuid": OTHER,
        "variable_transfer_to": f"att:{THIRD}",
        "variable_originated_legs": f"ARRAY::{OTHER};Bob;1002|:{THIRD};Carol;1003",
    }
    ties = {(OTHER, "refer_uuid"), (THIRD, "transfer_to"), (OTHER, "originated_legs"), (THIRD, "originated_legs")}
    assert _ties(_with("CHANNEL_HANGUP_COMPLETE", said)) == ties


def test_a_history_of_transfers_ties_by_bridges_alone() -> None:
    """`bl_xfer` stands there after any change of the dialplan."""
    said = f"ARRAY::1795435200:1:uuid_br:{OTHER}|:1795435200:2:bl_xfer:1003/alpha.example/XML"
    assert _ties(_with("CHANNEL_HANGUP_COMPLETE", {"variable_transfer_history": said})) == {(OTHER, "transfer_history")}


def test_a_transfer_to_a_number_ties_nobody() -> None:
    assert _ties(_with("CHANNEL_HANGUP_COMPLETE", {"variable_transfer_to": "blind:1003"})) == set()


def test_a_bridge_ties_its_two_legs() -> None:
    (fact,) = _with("CHANNEL_BRIDGE", {"Bridge-A-Unique-ID": "me", "Bridge-B-Unique-ID": OTHER})
    assert (fact.kind, fact.data) == ("bridge", {"a": "me", "b": OTHER})
    assert _ties([fact]) == {(OTHER, "bridge")}


@pytest.mark.parametrize("application", ["set", "export", "hash", "log"])
def test_an_application_that_moves_nobody_is_left_out(application: str) -> None:
    assert _read("CHANNEL_EXECUTE", Application=application) == []


def test_three_are_tied_by_the_argument_of_the_application_if_it_is_a_leg() -> None:
    ran = {"Application": "three_way", "Application-Data": OTHER}
    assert _ties(_with("CHANNEL_EXECUTE", ran)) == {(OTHER, "three_way")}
    assert _ties(_with("CHANNEL_EXECUTE", ran | {"Application-Data": "1003"})) == set()


@pytest.mark.parametrize(("a", "b", "mode"), [("", "", "listen"), ("true", "", "whisper"), ("true", "true", "barge")])
def test_how_somebody_listens_in_is_what_he_may_whisper_to(a: str, b: str, mode: str) -> None:
    ran = {"Application": "eavesdrop", "Application-Data": OTHER}
    whispers = {"variable_eavesdrop_whisper_aleg": a, "variable_eavesdrop_whisper_bleg": b}
    (fact,) = _with("CHANNEL_EXECUTE", ran | whispers)
    assert fact.data["mode"] == mode
    assert fact.ties == ()


@pytest.mark.parametrize(
    ("state", "before", "kinds"),
    [("HELD", "ACTIVE", ["hold"]), ("ACTIVE", "HELD", ["unhold"]), ("ACTIVE", "EARLY", [])],
)
def test_the_state_of_a_call_says_hold_where_no_other_event_does(state: str, before: str, kinds: list[str]) -> None:
    told = _with("CHANNEL_CALLSTATE", {"Channel-Call-State": state, "Original-Channel-Call-State": before})
    assert [fact.kind for fact in told] == kinds


def test_the_argument_of_a_command_ties_nobody() -> None:
    """Anything can stand there; a command explains what happens to legs that are known."""
    (fact,) = _with("API", {"API-Command": "uuid_bridge", "API-Command-Argument": f"{OTHER} {THIRD}"})
    assert (fact.kind, fact.leg, fact.ties) == ("command", OTHER, ())


def test_a_command_that_moves_nobody_is_left_out() -> None:
    assert _with("API", {"API-Command": "show", "API-Command-Argument": "channels"}) == []


def test_a_click_to_call_is_of_the_leg_that_it_made() -> None:
    job = {"Job-Command": "originate", "Job-Command-Arg": "user/1001 1002", "Job-UUID": THIRD}
    assert [fact.leg for fact in _with("BACKGROUND_JOB", job | {"body": f"+OK {OTHER}\n"})] == [OTHER]
    assert _with("BACKGROUND_JOB", job | {"body": "-ERR USER_BUSY\n"}) == []


def test_an_agent_is_tied_to_his_caller_as_he_serves_and_not_as_the_caller_leaves() -> None:
    """At the end the agent may long be with somebody else."""
    both = {"CC-Member-Session-UUID": OTHER, "CC-Agent-UUID": THIRD, "CC-Queue": "support@alpha.example"}
    served = _with("CUSTOM callcenter::info", both | {"CC-Action": "bridge-agent-start"})
    left = _with("CUSTOM callcenter::info", both | {"CC-Action": "member-queue-end"})
    assert [(fact.leg, fact.data["action"]) for fact in served + left] == [(OTHER, "served"), (OTHER, "leave")]
    assert (_ties(served), _ties(left)) == ({(THIRD, "callcenter")}, set())


def test_a_variable_of_several_values_is_taken_apart() -> None:
    assert multiple("ARRAY::a|:b") == ["a", "b"]
    assert multiple("a") == ["a"]
