"""Reads a packet capture as far as the tests need it: Ethernet, IPv4, TCP; gives the bytes of each direction."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

Flow = tuple[int, int]


def read_flows(path: Path) -> dict[Flow, bytes]:
    """The bytes that went from one port to another, in their order; a packet seen twice counts once."""
    data = gzip.decompress(path.read_bytes())
    magic, linktype = struct.unpack_from("<I16xI", data)
    assert (magic, linktype) == (0xA1B2C3D4, 1)
    flows: dict[Flow, dict[int, bytes]] = {}
    pos = 24
    while pos < len(data):
        captured, length = struct.unpack_from("<8xII", data, pos)
        assert captured == length, "the capture cut packets short"
        packet = data[pos + 16 : pos + 16 + captured]
        pos += 16 + captured
        ip = packet[14:]
        assert ip[9] == 6
        tcp = ip[(ip[0] & 15) * 4 : int.from_bytes(ip[2:4], "big")]
        source, target, sequence = struct.unpack_from(">HHI", tcp)
        if payload := tcp[(tcp[12] >> 4) * 4 :]:
            flows.setdefault((source, target), {})[sequence] = payload
    return {flow: _joined(segments) for flow, segments in flows.items()}


def _joined(segments: dict[int, bytes]) -> bytes:
    out = bytearray()
    expected = min(segments)
    for sequence in sorted(segments):
        payload = segments[sequence]
        assert sequence <= expected, "the capture has a hole"
        out += payload[expected - sequence :]
        expected = max(expected, sequence + len(payload))
    return bytes(out)
