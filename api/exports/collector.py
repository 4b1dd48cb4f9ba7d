"""Each call as a trace to an OpenTelemetry collector when it has ended, from the call log on, its place kept.

A page of calls is sent and its place kept behind it, so that a kill sends a page again and loses none: spans have the
same ids then. While the collector is away the log waits, and nothing else does. What it refuses for good is put aside,
said and counted. It begins with what ends after the setting was made, and leaves imported calls out: files bring the
past (`harmony calls export --format otlp`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import httpx
import msgspec
from psycopg import Connection

from api.exports.traces import request
from core.errors import HarmonyError
from core.following import Follower, Session
from core.log.hearing import connected, heard
from projections.query import get_call
from projections.query.events import EventFilter, PublishedEvent, call_events, head, imported

PAGE = 200
"""events of the call log in a request at most"""
POLL = 0.5
PATIENCE = 10.0
LONGEST = 60.0
"""seconds of a pause after a failure at most, also where the collector asks for more"""
FOR_GOOD = frozenset({400, 413, 415, 422})
"""statuses that the same request would get again; others pass (OTLP: 429, 502, 503, 504) or are mended by people"""
ENDED = EventFilter(types=("call.ended",))
NAME = "traces"


class TracesNotTaken(HarmonyError):
    """The collector did not take traces, or was not there; it is tried again."""

    code = "traces.not-taken"


class Refused(HarmonyError):
    """The collector said that it will never take what it was sent."""

    code = "traces.refused"


class TraceSender(Follower):
    """Sends in its own thread, or step by step. Of several one sends at a time: the row of the place is locked."""

    def __init__(self, dsn: str, url: str, node: str, authorization: str = "") -> None:
        super().__init__("trace sender", longest=LONGEST)
        self._dsn, self._url, self._node = dsn, url, node
        self._headers = {"Content-Type": "application/json", "User-Agent": "Harmony-Traces/1"}
        if authorization:
            self._headers["Authorization"] = authorization
        self.sent = self.refused = 0
        """calls"""

    @contextmanager
    def session(self) -> Iterator[Session]:
        with (
            connected(self._dsn, "harmony-traces", "harmony_calls") as connection,
            httpx.Client(timeout=PATIENCE, trust_env=False, headers=self._headers) as client,
        ):
            begin(connection)
            yield Session(lambda: self.step(connection, client), lambda: heard(connection, POLL))

    def step(self, connection: Connection[Any], client: httpx.Client) -> bool:
        """Send a page; False when there is nothing to send now."""
        with connection.transaction():
            row = connection.execute(
                "SELECT position FROM log.call_follower WHERE name = %s FOR UPDATE SKIP LOCKED", [NAME]
            ).fetchone()
            if row is None:
                return False  # another process is at it
            upto = head(connection)
            events = call_events(connection, row[0], PAGE, ENDED, upto=upto)
            calls = _documents(connection, events)
            if calls:
                self._send(client, calls)
            reached = events[-1].position if len(events) == PAGE else max(upto, row[0])
            if reached != row[0]:
                connection.execute(
                    "UPDATE log.call_follower SET position = %s, updated_at = clock_timestamp() WHERE name = %s",
                    [reached, NAME],
                )
        return len(events) == PAGE

    def _send(self, client: httpx.Client, calls: Sequence[dict[str, Any]]) -> None:
        """All together; one by one where the collector will never take them so."""
        try:
            self._post(client, calls)
        except Refused as why:
            if len(calls) == 1:
                self.refused += 1
                self.put_aside(f"The trace of call {calls[0]['call_id']}", why)
                return
            for call in calls:
                self._send(client, [call])

    def _post(self, client: httpx.Client, calls: Sequence[dict[str, Any]]) -> None:
        body = msgspec.json.encode(request(calls, self._node))
        try:
            answer = client.post(self._url, content=body)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TracesNotTaken(f"The collector at {self._url} cannot be reached: {type(error).__name__}.") from error
        if answer.status_code in FOR_GOOD:
            raise Refused(f"The collector at {self._url} refuses it: {answer.status_code}, {answer.text[:200]!r}")
        if not answer.is_success:
            self._as_asked(answer)
            raise TracesNotTaken(
                f"The collector at {self._url} answers {answer.status_code}; traces wait in the log meanwhile."
            )
        self.sent += len(calls)
        if (rejected := _rejected(answer)) is not None:
            self.put_aside("Some spans of a page of calls", Refused(f"The collector took the others: {rejected}"))

    def _as_asked(self, answer: httpx.Response) -> None:
        wait = answer.headers.get("retry-after", "")
        if wait.isdecimal() and len(wait) < 6:
            self.rest(min(float(wait), LONGEST))


def begin(connection: Connection[Any]) -> None:
    """Have a place in the log: at its end when there is none yet."""
    connection.execute(
        "INSERT INTO log.call_follower (name, position) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [NAME, head(connection)],
    )


def _documents(connection: Connection[Any], events: Sequence[PublishedEvent]) -> list[dict[str, Any]]:
    """The calls as they are now; one that became part of another comes with that one, one that goes on when it ends."""
    left_out = imported(connection, [event.position for event in events])
    found: dict[str, dict[str, Any]] = {}
    for event in events:
        if event.call_id is None or event.position in left_out or event.call_id in found:
            continue
        call = get_call(connection, event.call_id)
        if call is None or call.call_id != event.call_id:
            continue
        document = msgspec.json.decode(call.document)
        if document["ended_at"]:
            found[event.call_id] = document
    return list(found.values())


def _rejected(answer: httpx.Response) -> str | None:
    """What a partial success says (OTLP): how many spans were not taken, and why."""
    try:
        partial = answer.json().get("partialSuccess") or {}
        count = int(partial.get("rejectedSpans") or 0)
    except (ValueError, AttributeError, TypeError):
        return None  # an answer without words is a good one
    return f"{count} spans rejected, {str(partial.get('errorMessage', ''))[:200]!r}" if count else None
