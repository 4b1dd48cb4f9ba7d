"""/v1/live and /v1/live/stream: the live calls, now or as they were, once or as a snapshot and what changes.

With `people=true` the stream tells of people, too: `people` [...] behind the snapshot, then `person` (one as he is now)
and `person_gone` {user}.

Stream messages: `snapshot` {position, calls, health}, `call` and `ended` (a call's document), `merged`
{alias, call_id}, every two seconds `health` (with `sent_at`, the server's time), which is the heartbeat too, and at the
end `closed` {reason}. The id of a message is the position in the switch log that it is true at; one that comes again
gets a snapshot, whatever id it names. So does one who reads too slowly.
"""

import time
from datetime import UTC, datetime

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from api.access.principal import Principal, principal_of
from api.http.answers import Answer
from api.http.people import look_of, yes
from api.http.pulse import EVERY
from api.http.services import Connection, services_of
from api.http.streams.sse import EventStream
from api.streams import Closed, Mark, Reader
from api.streams.board import Viewer
from api.streams.live_source import json_list
from api.streams.pieces import Entry
from api.streams.sse import message
from api.words.board import board
from projections.callflow.document import instant_text

PATIENCE = 1.0
"""Seconds that an answer waits for a picture that is followed; then it is what was known, and says so (`current`)."""


async def live(request: Request) -> Response:
    who, services = principal_of(request), services_of(request)
    if (at := request.query_params.get("at")) is not None:
        return await services.with_connection(lambda connection: _then(connection, at, who))
    source = services.streams.board
    if not source.ready.is_set():  # just started, or the database is away: it may be there in a moment
        await run_in_threadpool(source.ready.wait, PATIENCE)
    position, documents = source.board(Viewer(who.tenant, who.reach))
    body = b'{"position":%d,"current":%b,"calls":%b}' % (
        position,
        b"true" if source.ready.is_set() else b"false",
        json_list(documents),
    )
    return Answer(body)


def _then(connection: Connection, at: str, who: Principal) -> Answer:
    """The board as it was."""
    found = board(connection, at, who.tenant, reach=who.reach)
    instant = b"null" if found.instant is None else msgspec.json.encode(instant_text(found.instant))
    body = b'{"position":%d,"at":%b,"current":false,"calls":%b}' % (
        found.position,
        instant,
        json_list(found.documents),
    )
    return Answer(body)


async def stream(request: Request) -> Response:
    who = principal_of(request)
    people = yes(request.query_params.get("people"), "people")
    viewer = Viewer(who.tenant, who.reach, look_of(who) if people else None)
    return LiveStream(request, await services_of(request).streams.look(viewer), viewer)


class LiveStream(EventStream):
    """The board as server-sent events, with the pulse between them."""

    def __init__(self, request: Request, reader: Reader, viewer: Viewer) -> None:
        super().__init__(request, reader)
        self._pulse = services_of(request).pulse
        self._viewer = viewer
        self._told = 0.0

    def written(self, piece: list[Entry] | Mark) -> bytes:
        if isinstance(piece, Mark):
            return self._health() if piece.mark == "checkpoint" else b""
        if piece[0].event.kind == "snapshot":
            self._told = time.monotonic()
            return b"".join([self._whole(entry) for entry in piece])
        if any(entry.event.takes_away_from(self._viewer) for entry in piece):
            self.reader.begin_anew()
            return b""
        due = time.monotonic() - self._told >= EVERY
        return self.reader.channel.sse(piece) + (self._health() if due else b"")

    def last(self, problem: Closed) -> bytes:
        return message(msgspec.json.encode({"reason": problem.reason}), name="closed")

    def _whole(self, entry: Entry) -> bytes:
        if entry.event.kind != "snapshot":
            return entry.sse
        position = entry.event.position
        body = b'{"position":%d,"health":%b,"calls":%b}' % (position, self._of_pulse, entry.json)
        return message(body, position, "snapshot")

    def _health(self) -> bytes:
        self._told = time.monotonic()
        return message(self._of_pulse, name="health")

    @property
    def _of_pulse(self) -> bytes:
        """How everything was at the last look, and when this is sent: by that a page sets its clock."""
        found = self._pulse.data if self._viewer.tenant is None else self._pulse.data_of_companies
        return b'{"sent_at":"%b",%b' % (datetime.now(UTC).isoformat().encode(), found[1:])
