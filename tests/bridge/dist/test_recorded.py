"""A link to a real FreeSWITCH as it was on the wire, understood from either end, at once and byte by byte."""

from __future__ import annotations

import gzip
import struct

import pytest

from bridge.dist import NEED_DATA, Connection, Established, Event, Flag, Identity, Message, NameReceived, Signal, Status
from bridge.dist.control import Link, RegSend, Send
from bridge.dist.handshake import digest
from bridge.term import Atom, Term, decode, encode
from tests.bridge.dist.pcap import read_flows
from tests.fix_switch import CAPTURES

pytestmark = pytest.mark.pure

FOLDER = CAPTURES / "01p-answered-with-pcap"
FLOWS = read_flows(FOLDER / "dist.pcap.gz")
TO_SWITCH, FROM_SWITCH = FLOWS[48022, 8031], FLOWS[8031, 48022]
COOKIE = b"ClueCon"
ERLANG = Identity("cap25073@127.0.0.1", 0x6B04026B, Flag(0x0D07DF7FBC))
SWITCH = Identity("freeswitch@127.0.0.1", 0x00E10000, Flag(0x0407074F9C))
ERLANGS_CHALLENGE, SWITCHS_CHALLENGE = 0x0316F558, 0x856C6930


def feed(connection: Connection, data: bytes, size: int) -> list[Event]:
    """Hand the bytes over in pieces of a size; accept whoever introduces themselves."""
    events: list[Event] = []
    for start in range(0, len(data), size):
        connection.receive_data(data[start : start + size], 0)
        while (event := connection.next_event()) is not NEED_DATA:
            events.append(event)
            if isinstance(event, NameReceived):
                connection.accept(Status.OK, cookie=COOKIE, challenge=SWITCHS_CHALLENGE)
    return events


def recorded() -> list[Term]:
    """The messages as the recording node wrote them into its file."""
    data = gzip.decompress((FOLDER / "events.etf.gz").read_bytes())
    found, pos = [], 0
    while pos < len(data):
        (size,) = struct.unpack_from(">I", data, pos + 8)
        found.append(decode(data[pos + 12 : pos + 12 + size]))
        pos += 12 + size
    return found


@pytest.mark.parametrize("size", [1, 7, 1460, 10_000_000])
def test_what_the_switch_sent(size: int) -> None:
    connection = Connection.initiator(ERLANG, SWITCH.name, cookie=COOKIE, challenge=ERLANGS_CHALLENGE, now=0)
    events = feed(connection, FROM_SWITCH, size)
    # Given the same name, flags and challenge, our side of the handshake is what Erlang's was, to the byte.
    assert TO_SWITCH.startswith(connection.data_to_send())
    assert events[0] == Established(SWITCH.name, connection.peer_flags, SWITCH.creation)
    messages = [event for event in events if isinstance(event, Message)]
    signals = [event.control for event in events if isinstance(event, Signal)]
    assert [type(signal) for signal in signals] == [Link]
    assert {type(message.control) for message in messages} == {Send}
    assert [decode(message.payload) for message in messages] == recorded()
    assert all(message.control is messages[-1].control for message in messages[1:])
    assert not connection.peer_flags & Flag.SPAWN
    both = Flag.DIST_MONITOR | Flag.DIST_MONITOR_NAME
    assert connection.peer_flags & both != both


@pytest.mark.parametrize("size", [1, 7, 10_000_000])
def test_what_erlang_sent(size: int) -> None:
    connection = Connection.acceptor(SWITCH, now=0)
    events = feed(connection, TO_SWITCH, size)
    assert FROM_SWITCH.startswith(connection.data_to_send())
    assert events[0] == NameReceived(ERLANG.name, ERLANG.flags)
    assert isinstance(events[1], Established)
    assert len(events) == 4
    sent = [
        (event.control.to, decode(event.payload))
        for event in events
        if isinstance(event, Message) and isinstance(event.control, RegSend)
    ]
    assert sent == [(Atom("x"), Atom("register_event_handler")), (Atom("x"), (Atom("event"), Atom("ALL")))]


def test_what_we_send_is_what_erlang_sent() -> None:
    connection = Connection.acceptor(SWITCH, now=0)
    messages = [event for event in feed(connection, TO_SWITCH, len(TO_SWITCH)) if isinstance(event, Message)]
    ours = Connection.initiator(ERLANG, SWITCH.name, cookie=COOKIE, challenge=ERLANGS_CHALLENGE, now=0)
    feed(ours, FROM_SWITCH[:100], 100)
    ours.data_to_send()
    for message in messages:
        assert ours.send(message.control, encode(decode(message.payload))) in TO_SWITCH


def test_the_digests_are_those_of_the_recording() -> None:
    assert digest(COOKIE, SWITCHS_CHALLENGE) in TO_SWITCH
    assert digest(COOKIE, ERLANGS_CHALLENGE) in FROM_SWITCH
