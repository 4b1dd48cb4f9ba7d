"""epmd's messages, against the bytes of a recorded registration and look-up."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.epmd import HIDDEN_NODE, NORMAL_NODE, Registered, protocol
from bridge.epmd.protocol import EpmdMalformed
from tests.bridge.dist.pcap import read_flows
from tests.fix_switch import CAPTURES

pytestmark = pytest.mark.pure

FLOWS = read_flows(CAPTURES / "01p-answered-with-pcap" / "dist.pcap.gz")


def test_a_recorded_registration() -> None:
    node = Registered("cap25073", 44621, NORMAL_NODE, 6, 5)
    recorded = FLOWS[55828, 4369]
    found = protocol.parse_alive(recorded[2:])
    assert (found.name, found.highest, found.lowest) == (node.name, 6, 5)
    assert protocol.build_alive(found) == recorded
    assert FLOWS[4369, 55828] == protocol.build_alive_reply(False, 0x6B04026B)


def test_a_recorded_look_up() -> None:
    assert FLOWS[55840, 4369] == protocol.build_port_please("freeswitch")
    found = protocol.parse_port_reply(FLOWS[4369, 55840])
    assert found is not None
    assert (found.name, found.port, found.highest, found.lowest) == ("freeswitch", 8031, 6, 6)
    assert protocol.build_port_reply(found) == FLOWS[4369, 55840]


def test_we_register_as_a_hidden_node() -> None:
    assert protocol.build_alive(Registered("h", 5)) == b"\0\x0ex\0\5H\0\0\6\0\5\0\1h\0\0"
    assert HIDDEN_NODE == 72


def test_names() -> None:
    nodes = [Registered("a", 1), Registered("b", 2)]
    reply = protocol.build_names_reply(4369, nodes)
    assert reply == b"\0\0\x11\x11name a at port 1\nname b at port 2\n"
    assert protocol.parse_names_reply(reply) == [("a", 1), ("b", 2)]
    assert protocol.parse_names_reply(b"\0\0\0\0something else\nname x at port y\n") == []


def test_nobody() -> None:
    assert protocol.parse_port_reply(protocol.build_port_reply(None)) is None


@given(st.binary(max_size=60))
def test_any_bytes(data: bytes) -> None:
    for parse, tag in (
        (protocol.parse_alive, b"x"),
        (protocol.parse_port_reply, b"w\0"),
        (protocol.parse_names_reply, b""),
    ):
        with contextlib.suppress(EpmdMalformed):
            parse(tag + data)
