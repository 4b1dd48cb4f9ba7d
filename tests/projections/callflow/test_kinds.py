"""Each kind has its row, comes up in a story, and is named wherever kinds are listed; types ask for the rest."""

import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import msgspec
import pytest

from projections.callflow import kinds, milestones, offer_kinds, transfer_kinds
from projections.callflow.document import Call, OfferOutcome, SegmentKind, TransferKind
from projections.callflow.kinds import SEGMENTS
from projections.callflow.milestones import Published
from projections.callflow.slices import whole
from projections.published.catalogue import CATALOGUE
from tests.projections.callflow.facts import Story, talk

pytestmark = pytest.mark.pure

TOP = Path(__file__).resolve().parents[3]


def _rings() -> Story:
    return Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a")


def _consults() -> Story:
    story = talk().tell(2, "hold", "b").user(2.5, "c", "1002", "1003").rings(2.6, "d", "1003", "c")
    return story.answers(3, "d", "c").bridged(3, "c", "d")


def _answered() -> Story:
    return Story().user(0, "a", "1001", "4000").answers(0.1, "a")


STORIES: dict[SegmentKind, Story] = {
    "ring": _rings(),
    "early_media": _rings().tell(0.5, "early", "b").bridged(0.5, "a", "b"),
    "ivr": _answered().executes(1, "a", "ivr", "main"),
    "queue": _answered().tell(1, "queue", "a", action="enter", queue="support@alpha.example"),
    "talk": talk(),
    "consult": _consults(),
    "hold": talk().tell(2, "hold", "b"),
    "park": _answered().tell(1, "valet", "a", action="hold", lot="5901"),
    "conference": _answered().tell(1, "conference", "a", action="add-member", room="3001"),
    "voicemail": _answered().executes(1, "a", "voicemail", "default alpha.example 1002"),
    "announcement": _answered().executes(1, "a", "playback", "welcome.wav"),
    "monitor": _answered().executes(1, "a", "eavesdrop", "other", mode="whisper"),
    "record": talk().tell(2, "record", "a", file="call.wav"),
}
"""In each somebody's part of a call has come to the kind, and lasts."""


def _ended(story: Story) -> Call:
    """The same when all has ended."""
    for leg in dict.fromkeys(fact.leg for fact in story.facts):
        story.ends(10, leg)
    return story.call()


def _names(detail: type[msgspec.Struct]) -> set[str]:
    return {field.encode_name for field in msgspec.structs.fields(detail)}


def test_every_kind_has_a_story() -> None:
    assert set(STORIES) == set(get_args(SegmentKind))


@pytest.mark.parametrize("kind", get_args(SegmentKind))
def test_a_segment_has_the_detail_and_the_service_of_its_row(kind: SegmentKind) -> None:
    row = SEGMENTS[kind]
    (found,) = [one for one in STORIES[kind].call().segments if one.kind == kind]
    assert set(found.detail) == _names(row.detail)
    assert any(party.startswith(f"{kind}:") for party in found.parties) == row.service


@pytest.mark.parametrize("kind", get_args(SegmentKind))
def test_a_segment_publishes_what_its_row_says(kind: SegmentKind) -> None:
    row = SEGMENTS[kind]
    call = _ended(Story().again(STORIES[kind]))
    told = {event.type: event for event in whole(milestones.milestones(call, Published(), set()))}
    for news in (row.begins, row.ends):
        if news is not None:
            assert set(told[news.name].data["detail"]) == {
                one.encode_name for one in msgspec.structs.fields(news.detail)
            }
            assert CATALOGUE[news.name].sentence == news.sentence


@pytest.mark.parametrize("kind", get_args(SegmentKind))
def test_who_talks_has_been_answered_and_only_the_calls_own_talk_and_rooms_are_counted(kind: SegmentKind) -> None:
    call = _ended(Story().again(STORIES[kind]))
    alone = {one.kind for one in call.segments if SEGMENTS[one.kind].talk != "no"} == {kind}
    if alone or SEGMENTS[kind].talk == "no":
        assert call.answered == any(SEGMENTS[one.kind].talk != "no" for one in call.segments)
    assert (call.talk_seconds > 0) == any(SEGMENTS[one.kind].talk in ("counted", "room") for one in call.segments)


@pytest.mark.parametrize("kind", [kind for kind, row in SEGMENTS.items() if row.live])
def test_a_call_is_in_the_state_of_the_kind_that_lasts(kind: SegmentKind) -> None:
    live = SEGMENTS[kind].live
    assert live is not None
    assert STORIES[kind].call().state == live.state


def test_no_two_kinds_have_one_rank() -> None:
    assert len(kinds.lives()) == len({row.live.rank for row in SEGMENTS.values() if row.live})
    assert len(kinds.drawn()) == len({row.bar.rank for row in SEGMENTS.values() if row.bar})
    assert all(bar.ascii.isascii() and len(bar.glyph) == len(bar.ascii) == 1 for _, bar in kinds.drawn())


def test_a_kind_of_a_newer_harmony_has_no_row() -> None:
    assert kinds.row_of("hologram") is None
    assert transfer_kinds.row_of("hologram") is None
    assert transfer_kinds.row_of(None) is None
    assert offer_kinds.row_of("hologram") is None


# What the database says about kinds to whoever looks at its tables. Its files are numbered and frozen: for a new kind
# the next number says it again, and the last one holds.


def _comment(column: str) -> set[str]:
    """The words in the comment on a column, without what stands in brackets."""
    files = sorted((TOP / "projections" / "sql").glob("*.sql"))
    found = re.findall(
        rf"^COMMENT ON COLUMN {re.escape(column)} IS '([^']*)'", "\n".join(file.read_text() for file in files), re.M
    )
    return set(re.findall(r"[a-z_]+", re.sub(r"\([^)]*\)", "", found[-1].partition(";")[0]))) - {"or"}


def test_the_tables_name_all_kinds() -> None:
    assert _comment("cdr.cdr_segment.kind") == set(get_args(SegmentKind))
    assert _comment("cdr.cdr_transfer.kind") == set(get_args(TransferKind))
    assert _comment("cdr.cdr_offer.outcome") == set(get_args(OfferOutcome))


def test_the_views_count_what_the_rows_count() -> None:
    sql = "\n".join(file.read_text() for file in sorted((TOP / "projections" / "sql").glob("*_cdr_*.sql")))
    missed = re.findall(r"x\.outcome IN \(([^)]*)\), false\) AS missed", sql)[-1]
    assert set(re.findall(r"\w+", missed)) == {kind for kind, row in offer_kinds.OFFERS.items() if row.missed}
    tried = re.findall(r"How many transfers were tried \(([^)]*)\)", sql)[-1]
    assert set(re.findall(r"\w+", tried)) == transfer_kinds.TRIED


def test_a_kind_that_is_a_word_and_nothing_else_does_not_pass_the_type_checker(tmp_path: Path) -> None:
    document = TOP / "projections" / "callflow" / "document.py"
    lists = r"(?:SegmentKind|TransferKind|OfferOutcome) = Literal\["
    words, times = re.subn(lists, r'\g<0>"hologram", ', document.read_text())
    assert times == 3
    with_it = tmp_path / "document.py"
    with_it.write_text(words)
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", str(tmp_path / "cache"), "-p", "projections.callflow"]
    asked = [*mypy, "--shadow-file", str(document), str(with_it)]
    checked = subprocess.run(asked, cwd=TOP, capture_output=True, text=True, check=False)
    missed = {line.partition(":")[0] for line in checked.stdout.splitlines() if "'hologram'" in line}
    rows = {"kinds", "transfer_kinds", "offer_kinds"}
    assert missed == {f"projections/callflow/{name}.py" for name in rows | {"interpret"}}, checked.stdout
