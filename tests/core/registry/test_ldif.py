"""LDIF goes there and back; what is none is refused with its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.registry.ldif import LdifError, RawEntry, read, write
from tests.core.registry.examples import EXAMPLE

pytestmark = pytest.mark.pure
values = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
names = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True).filter(lambda name: name not in ("dn", "changetype"))
attributes = st.dictionaries(names, st.lists(values, min_size=1, max_size=3), min_size=1, max_size=4)


@settings(max_examples=40)
@given(st.lists(st.builds(RawEntry, values, attributes), max_size=5))
def test_entries_come_back(entries: list[RawEntry]) -> None:
    assert read(write(entries)) == entries


def test_folded_lines_comments_and_base64() -> None:
    text = "# c\n folded comment\nversion: 1\n\ndn: o=\n  x\nCN:: w7xiZXI=\ncn: b\n\n\ndn: o=y\r\ncn: d\r\n"
    assert read(text) == [RawEntry("o= x", {"cn": ["über", "b"]}), RawEntry("o=y", {"cn": ["d"]})]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("cn: x\n", "line 1: an entry begins with `dn:`"),
        ("dn: o=x\nwhat is this\n", "line 2: expected `attribute: value`"),
        ("dn: o=x\nchangetype: delete\n", "line 2: this is a change"),
        ("dn: o=x\ncn:< file:///etc/passwd\n", "line 2: values by URL"),
        ("dn: o=x\ncn:: ***\n", "line 2: the value of cn is no base64"),
    ],
)
def test_what_is_no_ldif_is_refused_with_its_line(text: str, says: str) -> None:
    with pytest.raises(LdifError, match=says):
        read(text)


def test_the_example_comes_back() -> None:
    entries = read(EXAMPLE.read_text(encoding="utf-8"))
    assert len(entries) > 100
    assert read(write(entries)) == entries
