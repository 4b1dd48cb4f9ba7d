"""Requests that nobody should send, from a seed: over all routes, and the bytes of HTTP and of WebSockets."""

# ruff: noqa: E501 (tables of garbage)

import contextlib
import random
import re
import socket
import threading
from collections.abc import Callable
from urllib.parse import quote, quote_from_bytes

ODD = [
    b"", b"0", b"-1", b"99999999999999999999999", b"1e309", b"nan", b"true", b"null", b"\x00", b"\xff\xfe", b"\xed\xa0\x80", b"\xc3\x28",
    "\u202e\u0000ü".encode(), b"'; DROP TABLE x; --", b"../../etc/passwd", b"%00", b"%", b"%zz", b"x" * 5000, b"a" * 70_000, b"\r\nX: y",
    b"[]", b"{}", b"1001@alpha.example", b"2026-11-23T08:51:00Z", b"9999-12-31T23:59:59.999999+99:99", b"0001-01-01", b"now", b"beginning",
    b"00000000-0000-0000-0000-000000000000", b"calls:1:99999999999999999999",
]  # fmt: skip
NAMES = [
    "limit", "after", "view", "time_zone", "since", "until", "number", "user", "at", "tenant", "log", "types", "wait", "start", "call", "party",
    "queue", "cursor", "batch", "outcome", "state", "x", "%00", "live", "min_duration", "action", "direction",
]  # fmt: skip
FIELDS = [
    "user", "password", "url", "types", "to", "from", "reason", "digits", "leg", "switch", "domain", "after", "tenant", "forward", "target",
    "mode", "text", "party", "queue", "description", "when", "key",
]  # fmt: skip
METHODS = (
    [b"GET"] * 6
    + [b"POST"] * 5
    + [b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE", b"CONNECT", b"BREW", b"get"]
)
PATIENCE = 20.0


class Fuzzer:
    """Of one seed; `once` sends one thing and says what of it was answered with."""

    def __init__(self, port: int, token: str, paths: list[str], seed: int) -> None:
        self.random = random.Random(seed)
        self._port, self._token = port, token.encode()
        self._paths = [*paths, "/board", "/"]
        self._ways: list[Callable[[], bytes]] = [self._request] * 10 + [
            self._raw,
            self._mutated,
            self._chunks,
            self._many,
            self._socket,
        ]

    def once(self) -> tuple[bytes, list[int]]:
        sent = self.random.choice(self._ways)()
        answer = b""
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self._port), PATIENCE) as client:
            if self.random.random() < 0.1:  # in pieces, or not to the end
                for begin in range(0, min(len(sent), 400), 7):
                    client.sendall(sent[begin : begin + 7])
                if self.random.random() < 0.5:
                    return sent, []
            else:
                client.sendall(sent)
            if self.random.random() < 0.9:
                client.shutdown(socket.SHUT_WR)
            client.settimeout(1.0)
            while len(answer) < 1 << 20 and (piece := client.recv(65536)):
                answer += piece
        return sent, [int(code) for code in re.findall(rb"(?:^|\r\n)HTTP/1\.1 (\d{3}) ", answer)]

    def _odd(self) -> bytes:
        if self.random.random() < 0.2:
            return self.random.randbytes(self.random.randrange(40))
        return self.random.choice(ODD)

    def _path(self) -> str:
        path = self.random.choice(self._paths)
        path = re.sub(r"\{[^}]*\}", lambda _: quote_from_bytes(self._odd()[:9000]), path)
        if self.random.random() < 0.6:
            number = self.random.choice([1, 1, 1, 2, 3, 900])
            pairs = [
                f"{self.random.choice(NAMES)}={quote_from_bytes(self._odd()[:7000], safe='')}" for _ in range(number)
            ]
            path += "?" + "&".join(pairs)
        if self.random.random() < 0.1:
            path = quote(path, safe="/?&=%") + self.random.choice(["/", "//", "%2f..", "#", "?", "\\", ";x"])
        return path

    def _value(self, depth: int = 0) -> bytes:
        kind = self.random.randrange(8)
        if kind < 2 and depth < 4:
            return b"[" + b",".join(self._value(depth + 1) for _ in range(self.random.randrange(4))) + b"]"
        if kind == 2 and depth < 4:
            return self._object(depth + 1)
        if kind == 3:
            return self.random.choice([b"1e999", b"-0", b"1.0", b"9" * 400, b"NaN", b"true", b"null", b"1e400", b"0x1"])
        return b'"' + self._odd()[:5000].replace(b'"', b"") + b'"'

    def _object(self, depth: int = 0) -> bytes:
        names = [self.random.choice(FIELDS).encode() for _ in range(self.random.randrange(5))]
        return b"{" + b",".join(b'"%b":%b' % (name, self._value(depth)) for name in names) + b"}"

    def _body(self) -> bytes:
        deep = self.random.choice([10, 900, 1100, 30_000])
        kinds: list[bytes] = [
            self._object(),
            self._value(),
            self._odd(),
            b"[" * deep,
            b"[" * deep + b"]" * deep,
            b'{"a":' * deep + b"1" + b"}" * deep,
            b'{"user":"1001@alpha.example","password":"x"}',
        ]
        return self.random.choice(kinds)

    def _headers(self) -> bytes:
        said = b"Host: x\r\nConnection: close\r\n"
        if self.random.random() < 0.8:
            said += b"Authorization: Bearer " + self._token + b"\r\n"
        for name in (b"Last-Event-ID", b"If-None-Match", b"Idempotency-Key", b"Accept", b"Content-Type", b"X-Forwarded-For", b"Expect", b"Range",
                     b"Cookie", b"Transfer-Encoding", b"Content-Length", b"Upgrade", b"Authorization"):  # fmt: skip
            if self.random.random() < 0.05:
                said += name + b": " + self._odd().replace(b"\r\n", b"")[:9000] + b"\r\n"
        return said

    def _request(self) -> bytes:
        method, path = self.random.choice(METHODS), self._path().encode()
        body = self._body() if method in (b"POST", b"PUT", b"PATCH", b"DELETE") else b""
        length = b"Content-Length: %d\r\n" % len(body) if body else b""
        return b"%b %b HTTP/1.1\r\n%b%b\r\n%b" % (method, path, self._headers(), length, body)

    def _raw(self) -> bytes:
        return self.random.randbytes(self.random.choice([1, 10, 1000, 100_000]))

    def _mutated(self) -> bytes:
        request = bytearray(self._request())
        for _ in range(self.random.randrange(1, 20)):
            at = self.random.randrange(len(request))
            request[at : at + self.random.randrange(3)] = self.random.choice(
                [b"", b"\r", b"\n", b":", b" ", self.random.randbytes(2)]
            )
            request = request or bytearray(b"x")
        return bytes(request)

    def _chunks(self) -> bytes:
        head = b"POST %b HTTP/1.1\r\n%bTransfer-Encoding: chunked\r\n\r\n" % (self._path().encode(), self._headers())
        sizes = [b"5\r\nhello\r\n", b"0\r\n\r\n", b"-1\r\n", b"ffffffffffffffff\r\nx", b"5;x=%b\r\nhello\r\n" % (b"y" * 3000), b"zz\r\n", b"1\r\n{\r\n",
                 b"0\r\nX: y\r\n\r\n"]  # fmt: skip
        return head + b"".join(self.random.choices(sizes, k=self.random.randrange(1, 60)))

    def _many(self) -> bytes:
        return b"".join(
            self._request().replace(b"Connection: close\r\n", b"") for _ in range(self.random.randrange(2, 30))
        )

    def _socket(self) -> bytes:
        start = b"GET /v1/ws?%b HTTP/1.1\r\n" % self._path().partition("?")[2].encode()
        head = start + (
            b"Host: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer " + self._token + b"\r\n\r\n"
        )
        return head + self.random.choice(
            [self.random.randbytes(300), b"\x89\x80\0\0\0\0" * 500, b"\x01\x80\0\0\0\0" + b"\0\x80\0\0\0\0" * 900, b""]
        )


def together(fuzzers: list[Fuzzer], seconds: float) -> tuple[dict[int, int], list[bytes]]:
    """Let them all send for so long: how often each status was answered, and what was answered with 500 or more."""
    counts: dict[int, int] = {}
    bad: list[bytes] = []
    over, lock = threading.Event(), threading.Lock()

    def work(fuzzer: Fuzzer) -> None:
        while not over.is_set():
            sent, statuses = fuzzer.once()
            with lock:
                for status in statuses:
                    counts[status] = counts.get(status, 0) + 1
                    if status >= 500 and status != 503:
                        bad.append(sent[:2000])

    threads = [threading.Thread(target=work, args=(one,)) for one in fuzzers]
    for one in threads:
        one.start()
    over.wait(seconds)
    over.set()
    for one in threads:
        one.join()
    return counts, bad
