"""The drawing of a call: what a reader must be able to see in it."""

from zoneinfo import ZoneInfo

import pytest

from api.ladder import ASCII, ladder, linked, why
from tests.api.documents import DAY, attended, leg, segment

pytestmark = pytest.mark.pure


def drawn(call: dict[str, object], **options: object) -> str:
    return "\n".join(ladder(call, **options))  # type: ignore[arg-type]


def row(text: str, says: str) -> str:
    """The one line of the drawing that says this."""
    found = [line for line in text.splitlines() if says in line]
    assert len(found) == 1, f"{says!r} stands in {len(found)} lines"
    return found[0]


def test_the_heading_says_who_called_whom_and_how_it_ended() -> None:
    lines = ladder(attended())
    assert lines[0] == "Call 5ab3839f-cd3e-404b-8c62-000000000001"
    assert lines[1] == '1001 "Alice" dialled 1002 · internal · alpha.example · answered · answered by 1002'
    assert lines[2] == "2026-11-23 08:51:16.818 UTC · 9.18 s · talk 4.49 s"


def test_a_link_says_how_sure_it_is_and_how_to_find_the_other_call() -> None:
    assert linked(attended()) == []
    call = attended() | {"links": [{"why": "same_numbers", "related": "0a1b", "quality": "inferred", "call_id": None}]}
    assert linked(call) == [
        "",
        "Linked: another call between the same numbers at the same time, probably the same conversation (inferred).",
        "  harmony calls list --related 0a1b",
    ]
    assert linked(call | {"links": [{"why": "conference", "call_id": "r"}]}) == []


def test_an_attended_transfer_shows_hold_consultation_and_arrow_in_order() -> None:
    text = drawn(attended())
    said = [
        "1001 dials 1002",
        "1002 answers",
        "talk: 1001, 1002",
        "1002 holds 1001",
        "1003 answers",
        "consultation: 1002, 1003",
        "attended transfer by 1002 of 1001 to 1003",
        "talk: 1001, 1003",
        "1001 hangs up (NORMAL_CLEARING, SIP 200)",
    ]
    places = [text.index(words) for words in said]
    assert places == sorted(places)
    held = row(text, "1002 holds 1001")
    assert "╎◀" in held
    assert held.startswith("08:51:19.600")
    assert "───▶" in row(text, "attended transfer")


def test_the_consultation_is_offered_by_the_transferor_not_the_caller() -> None:
    offer = row(drawn(attended()), "offered to 1003")
    assert offer.index("╎") < offer.index("│") < offer.index("▶")


def test_times_are_shown_in_the_zone_asked_for() -> None:
    lines = ladder(attended(), zone=ZoneInfo("Europe/Berlin"))
    assert lines[2].startswith("2026-11-23 09:51:16.818 CET")


def test_the_interval_below_an_instant_says_how_long_it_was() -> None:
    lines = drawn(attended()).splitlines()
    at = next(n for n, line in enumerate(lines) if "talk: 1001, 1003" in line)
    assert lines[at + 1].strip().startswith("3.40 s")


def test_the_plain_drawing_is_ascii_only_whatever_the_names_are() -> None:
    call = attended()
    call["from"]["name"] = "Jürgen ▶ 日本"
    assert drawn(call, glyphs=ASCII).isascii()


def test_hostile_names_and_numbers_cannot_steer_the_terminal() -> None:
    call = attended()
    call["from"] |= {"party": "10\x1b[2J01", "name": "Bob\r\nCall 0000 \u202e"}
    call["dialled"] = "\x1b]0;owned\x07"
    call["segments"].append(segment("talk", ["10\x1b[2J01", "1002"], "18.5Z", "19.0Z"))
    call["hangup"]["cause"] = "\x1b[31mEVIL"
    text = drawn(call)
    assert "\x1b" not in text
    assert "\r" not in text
    assert "\u202e" not in text
    assert '"Bob\\r\\nCall 0000 \\u202e"' in text


def test_a_live_call_is_open_at_its_end() -> None:
    call = attended()
    call |= {"ended_at": None, "hangup": None, "state": "talking"}
    call["segments"][-1]["ended_at"] = None
    text = drawn(call)
    assert "live (talking)" in text
    assert "hangs up" not in text
    assert row(text, "   now").count("┃") == 2


def test_a_call_that_ends_in_doubt_says_so() -> None:
    call = attended()
    call["quality"] = call["segments"][-1]["quality"] = "inferred"
    text = drawn(call)
    assert "quality: inferred" in text
    assert "talk: 1001, 1003 (inferred)" in text


def test_many_parties_get_letters_with_a_key() -> None:
    call = attended()
    rooms = [f"+4930555{n:04}" for n in range(12)]
    call["segments"] = [segment("conference", [p, "conference:3000"], "18.0Z", "20.0Z", room="3000") for p in rooms]
    text = drawn(call, columns=100)
    assert "  A = 1001" in text
    assert "= +49305550011" in text


def test_parties_that_only_legs_know_break_nothing() -> None:
    call = attended()
    call |= {
        "segments": [],
        "offers": [],
        "transfers": [],
        "legs": [leg("x", "", "17.0Z", None), leg("y", "1001", "17.0Z", None)],
    }
    assert "1001 dials 1002" in drawn(call)


def test_a_document_with_nothing_but_a_start_is_drawn() -> None:
    call: dict[str, object] = {"call_id": "x", "from": {}, "started_at": DAY + "16.000000Z", "ended_at": None}
    assert "Call x" in drawn(call)


def test_why_names_the_legs_their_parties_and_the_position() -> None:
    assert why(attended()) == [
        "Why these legs are one call:",
        "  originator: a (1001) and b (1002), at position 1234",
    ]
    single = attended() | {"evidence": [], "legs": []}
    assert why(single) == ["One leg only: nothing had to be joined."]


def test_why_says_what_was_not_observed() -> None:
    legs = [
        {"leg_id": "a", "party": "1001", "quality": "gap", "ended_at": DAY + "17.0Z"},
        {"leg_id": "b", "party": "1002", "quality": "inferred", "ended_at": DAY + "17.0Z", "gone_at": DAY + "19.0Z"},
    ]
    talk = {"kind": "talk", "parties": ["1001", "1002"], "started_at": DAY + "16.0Z", "quality": "gap"}
    call = attended() | {"evidence": [], "quality": "gap", "legs": legs, "segments": []}
    assert why(call)[1:] == [
        "Why its quality is gap (events of it are missing):",
        "  a (1001): how it began was not heard; Harmony first heard of it later",
        f"  b (1002): its end was not heard; it was between {DAY}17.0Z and {DAY}19.0Z",
    ]
    assert (
        f"talk of 1001, 1002, {DAY}16.0Z to now: gap, events of it are missing" in why(call | {"segments": [talk]})[-1]
    )
    assert "nobody heard its switch" in why(call | {"legs": []})[-1]
