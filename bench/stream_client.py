"""Many subscribers of /v1/stream in one process, as cheap as can be, noting when each event came: for bench.stream.

    python -m bench.stream_client HOST PORT TOKEN COUNT filtered|unfiltered

Says `ready` when all have caught up, ends when a line comes in, and then says what it saw as one line of JSON. Of
unfiltered streams only each 20th is looked into; of the others the bytes are counted, which costs the machine less.
"""

from __future__ import annotations

import base64
import json
import re
import selectors
import socket
import sys
import time
from struct import Struct

LOOKED_INTO = 20
FIRST_PARTY = 1000
_EVENT = re.compile(rb'id: (\S{19})\ndata: \{"specversion')
_POSITION = Struct(">Q")


class Stream:
    def __init__(self, sock: socket.socket, looked_into: bool) -> None:
        self.sock = sock
        self.looked_into = looked_into
        self.rest = b""
        self.caught_up = False


def main() -> None:
    host, port, token, count, kind = sys.argv[1], int(sys.argv[2]), sys.argv[3], int(sys.argv[4]), sys.argv[5]
    selector = selectors.DefaultSelector()
    for number in range(count):
        query = f"?party={FIRST_PARTY + number}" if kind == "filtered" else ""
        sock = socket.create_connection((host, port))
        request = f"GET /v1/stream{query} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n\r\n"
        sock.sendall(request.encode())
        sock.setblocking(False)
        stream = Stream(sock, kind == "filtered" or number % LOOKED_INTO == 0)
        selector.register(sock, selectors.EVENT_READ, stream)
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    waiting, total = count, 0
    seen: list[tuple[int, int]] = []
    room = memoryview(bytearray(1 << 20))
    while True:
        for key, _ in selector.select():
            stream = key.data
            if stream is None:
                print(json.dumps({"bytes": total, "seen": seen}), flush=True)
                return
            size = stream.sock.recv_into(room)
            now = time.time_ns() // 1000
            if not size:
                raise SystemExit(f"a stream ended: {stream.rest[-300:]!r}")
            total += size
            if stream.looked_into or not stream.caught_up:
                data = stream.rest + room[:size].tobytes()
                last = 0
                for found in _EVENT.finditer(data):
                    last = found.end()
                    if stream.caught_up:
                        seen.append((_position(found[1]), now))
                if not stream.caught_up and b"event: caught-up" in data:
                    stream.caught_up = True
                    waiting -= 1
                    if not waiting:
                        print("ready", flush=True)
                stream.rest = data[max(last, len(data) - 60) :]


def _position(cursor: bytes) -> int:
    return int(_POSITION.unpack(base64.urlsafe_b64decode(cursor + b"=")[-8:])[0])


if __name__ == "__main__":
    main()
