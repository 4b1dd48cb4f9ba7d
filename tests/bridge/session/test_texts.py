"""Texts and lists as a switch writes them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.session.channels import ForeignList, parse_channels, sessions_since_startup
from bridge.session.texts import from_switch, to_switch
from bridge.term import Atom, String, decode, encode
from tests.fix_switch import CAPTURES

pytestmark = pytest.mark.pure


@given(st.text())
def test_there_and_back(text: str) -> None:
    assert from_switch(decode(encode(to_switch(text)))) == text


def test_what_comes_may_be_of_three_kinds_and_two_charsets() -> None:
    assert from_switch(String("ü".encode())) == from_switch("ü".encode()) == from_switch([0xC3, 0xBC]) == "ü"
    assert from_switch(String(b"\xfc")) == "ü"
    assert from_switch([]) == ""
    assert from_switch([1, 300]) is None
    assert from_switch(Atom("ok")) is None


def test_a_recorded_list_of_channels() -> None:
    pairs = (CAPTURES / "55-api-and-bgapi-replies/pairs.txt").read_text(encoding="latin-1")
    asked = pairs.index('{api,show,"channels as json"}')
    answer = re.search(r'<- \{ok,"((?:[^"\\]|\\.)*)"\}', pairs[asked:])
    assert answer is not None
    channels = parse_channels(answer[1].encode().decode("unicode_escape"))
    assert [(channel.cid_num, channel.dest, channel.state) for channel in channels] == [
        ("1001", "1002", "CS_EXECUTE"),
        ("1001", "1002", "CS_EXCHANGE_MEDIA"),
    ]
    assert all(channel.created_epoch.isdigit() and len(channel.uuid) == 36 for channel in channels)


def test_no_channels() -> None:
    assert parse_channels('{"row_count":0}\n') == parse_channels("\n0 total.\n") == parse_channels("") == []


def test_no_list() -> None:
    with pytest.raises(ForeignList, match="show channels as json"):
        parse_channels("uuid,direction,created\n")


def test_sessions_since_startup() -> None:
    assert sessions_since_startup("UP 0 years\n275 session(s) since startup\n2 session(s) - peak 38\n") == 275
    assert sessions_since_startup("-ERR") is None
