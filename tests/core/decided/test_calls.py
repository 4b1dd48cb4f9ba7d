"""Notes and tags by rule: what was decided, what stands, what undoing does."""

from uuid import UUID

import pytest

from core.decided import calls as of

pytestmark = pytest.mark.pure
NOTE = UUID("5b0c3c0e-3f0a-4a58-8d3f-6f0a0b7f2d10")
ANN, BOB = of.Who("ann", 1), of.Who("bob", 2)


def decided(*events: of.OfCall | None) -> of.Annotations:
    found = of.fold(None, [event for event in events if event is not None])
    assert found is not None
    return found


def empty() -> of.Annotations:
    return of.none_yet("alpha.example", "c1")


def test_versions_count_the_decisions_and_each_says_who_when_and_what_was_before() -> None:
    added = of.add_note(empty(), ANN, NOTE, "call back")
    now = decided(added)
    removed = of.remove_note(now, BOB, NOTE)
    assert (added.originator_version, removed.originator_version) == (1, 2)
    assert (removed.by, removed.at, removed.tenant) == ("bob", 2, "alpha.example")
    assert removed.before == of.Note(NOTE, "call back", "ann", 1)
    assert decided(added, removed).notes == {}


def test_undoing_takes_the_last_back_and_undoing_twice_does_it_again() -> None:
    added = of.add_note(empty(), ANN, NOTE, "call back")
    tagged = of.add_tag(decided(added), BOB, "billing")
    back = of.undo(decided(added, tagged), BOB)
    assert isinstance(back, of.TagRemoved)
    again = of.undo(decided(added, tagged, back), ANN)
    now = decided(added, tagged, back, again)
    assert now.tags == {"billing": of.Tag("billing", "bob", 2)}, "it is whose it was"
    assert len(now.decisions) == 4, "nothing is forgotten"


def test_a_note_that_comes_back_is_its_authors() -> None:
    added = of.add_note(empty(), ANN, NOTE, "call back")
    removed = of.remove_note(decided(added), BOB, NOTE)
    restored = of.undo(decided(added, removed), BOB)
    now = decided(added, removed, restored)
    assert now.notes[NOTE] == of.Note(NOTE, "call back", "ann", 1)
    assert isinstance(of.undo(now, BOB), of.NoteRemoved)


def test_a_tag_that_is_there_is_not_put_there_again() -> None:
    now = decided(of.add_tag(empty(), ANN, "billing"))
    assert of.add_tag(now, BOB, "billing") is None


@pytest.mark.parametrize("text", ["", "  \n", "a\0b", "x" * (of.LONGEST_NOTE + 1)])
def test_what_is_no_note_is_refused(text: str) -> None:
    with pytest.raises(of.NotPossible):
        of.add_note(empty(), ANN, NOTE, text)


@pytest.mark.parametrize("tag", ["", "a b", "a/b", "a\n", "\u0000", "x" * (of.LONGEST_TAG + 1)])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(of.NotPossible):
        of.add_tag(empty(), ANN, tag)


def test_what_is_not_there_cannot_be_taken_away() -> None:
    with pytest.raises(of.NotThere):
        of.remove_note(empty(), ANN, NOTE)
    with pytest.raises(of.NotThere):
        of.remove_tag(empty(), ANN, "billing")
    with pytest.raises(of.NotThere):
        of.undo(empty(), ANN)


def test_there_is_a_most() -> None:
    now = of.Annotations(UUID(int=1), None, tags={str(n): of.Tag(str(n), "ann", 1) for n in range(of.MOST)})
    with pytest.raises(of.NotPossible, match="remove one first"):
        of.add_tag(now, ANN, "one-more")


def test_putting_there_and_taking_away_comes_to_an_end() -> None:
    who = of.Who("ann", 1)
    now = of.Annotations(UUID(int=1), None, of.MOST_DECISIONS - 1, tags={"one": of.Tag("one", "ann", 1)})
    now = of.evolve(now, of.remove_tag(now, who, "one"))
    with pytest.raises(of.NotPossible, match="the most"):
        of.add_tag(now, who, "one")
    with pytest.raises(of.NotPossible, match="the most"):
        of.undo(now, who)


def test_another_companys_call_of_the_same_id_has_another_stream() -> None:
    assert empty().stream != of.none_yet("beta.example", "c1").stream != of.none_yet(None, "c1").stream
