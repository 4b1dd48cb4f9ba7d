"""Two connections and the wire between them, for tests."""

from __future__ import annotations

from bridge.dist import NEED_DATA, AliveAsked, Connection, Event, Identity, NameReceived, Status

COOKIE = b"secret"
A = Identity("a@host", 11)
B = Identity("b@host", 22)


class Pair:
    """`left` connects to `right`; `run` carries bytes to and fro until nobody has anything to say."""

    def __init__(
        self,
        *,
        left: Identity = A,
        right: Identity = B,
        cookies: tuple[bytes, bytes] = (COOKIE, COOKIE),
        status: Status = Status.OK,
        answer: bool = True,
        version: int = 6,
        length_size: int = 2,
        ticktime: float = 60,
        chunk: int = 1_000_000,
    ) -> None:
        self.left = Connection.initiator(
            left, right.name, cookie=cookies[0], challenge=7, now=0, version=version, length_size=length_size,
            ticktime=ticktime,
        )  # fmt: skip
        self.right = Connection.acceptor(right, now=0, length_size=length_size, ticktime=ticktime)
        self.events: dict[str, list[Event]] = {"left": [], "right": []}
        self.now = 0.0
        self._cookie, self._status, self._answer, self._chunk = cookies[1], status, answer, chunk

    def run(self) -> Pair:
        while True:
            rightwards, leftwards = self.left.data_to_send(), self.right.data_to_send()
            if not rightwards and not leftwards:
                return self
            self.carry("right", rightwards)
            self.carry("left", leftwards)

    def carry(self, side: str, data: bytes) -> list[Event]:
        """Bytes for one side, in pieces; what came of it."""
        connection = self.left if side == "left" else self.right
        fresh: list[Event] = []
        for start in range(0, len(data), self._chunk):
            connection.receive_data(data[start : start + self._chunk], self.now)
            while (event := connection.next_event()) is not NEED_DATA:
                fresh.append(event)
                if isinstance(event, NameReceived):
                    if self._status in (Status.NOK, Status.NOT_ALLOWED):
                        connection.refuse(self._status)
                    else:
                        connection.accept(self._status, cookie=self._cookie, challenge=9)
                elif isinstance(event, AliveAsked):
                    connection.insist(self._answer)
        self.events[side] += fresh
        return fresh
