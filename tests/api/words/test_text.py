"""What callers write about themselves must not steer a terminal."""

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.words.text import ascii_only, clip, harmless, pad, steady, steady_json, width

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("Alice", "Alice"),
        ("Jürgen Größe", "Jürgen Größe"),
        ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\x9b31m", "\\x9b31m"),  # the one-byte CSI of eight-bit terminals
        ("abc\u202egpj.exe", "abc\\u202egpj.exe"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("line\u2028end", "line\\u2028end"),
        ("back\\slash", "back\\\\slash"),
        ("\ud800", "\\ud800"),
        ("👩", "👩"),
    ],
)
def test_what_steers_is_escaped(raw: str, shown: str) -> None:
    assert harmless(raw) == shown


@given(st.text(st.characters(exclude_categories=())))
def test_nothing_that_steers_is_left(raw: str) -> None:
    for char in harmless(raw):
        assert unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(), st.integers(0, 30))
def test_padding_gives_exactly_the_columns_asked_for(raw: str, columns: int) -> None:
    shown = pad(harmless(raw), columns)
    assert width(shown) == columns
    assert width(clip(harmless(raw), columns)) <= columns


def test_wide_and_combining_characters_are_measured_as_terminals_do() -> None:
    assert width("日本") == 4
    assert width("e\u0301") == 1


def test_other_locales_get_ascii() -> None:
    assert ascii_only("Größe ▶") == "Gr\\xf6\\xdfe \\u25b6"


def test_the_last_door_keeps_our_colours_and_lines_and_nothing_else_that_steers() -> None:
    assert steady("\x1b[31mred\x1b[0m\nline") == "\x1b[31mred\x1b[0m\nline"
    assert steady("\x1b[8mhidden\x9b2J\u202eabc\r\x7f") == "\\x1b[8mhidden\\x9b2J\\u202eabc\\x0d\\x7f"
    assert steady(harmless("a\\b\n\x1b[2J")) == harmless("a\\b\n\x1b[2J")


@given(st.dictionaries(st.text(), st.text()))
def test_json_for_a_terminal_is_the_same_document_and_steers_nothing(document: dict[str, str]) -> None:
    shown = steady_json(json.dumps(document, ensure_ascii=False))
    assert json.loads(shown) == document
    assert all(unicodedata.category(c) not in {"Cc", "Cf", "Co", "Cn", "Zl", "Zp"} for c in shown)
