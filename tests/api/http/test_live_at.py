"""/v1/live?at=: over HTTP what the stream's subscribers saw then."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import httpx
import psycopg
import pytest

from api.access.principal import Principal
from api.http.live import _then
from core.log import EventLog
from projections.callflow import TOPICS, CallFold
from projections.runner import Runner
from tests.api.conftest import Server, Site, until
from tests.projections.filling import events_of

pytestmark = pytest.mark.http


def test_it_is_what_was_answered_then(site: Site, client: httpx.Client) -> None:
    assert site.dsn is not None
    batch, seen = events_of("13-*"), []
    with EventLog(site.dsn) as log:
        for at in range(0, len(batch), 49):
            log.append(batch[at : at + 49])
            # Not the head: that an operator looks at calls is an event too, and may come in between.
            reached = Runner(site.dsn, CallFold, TOPICS).run_once().position
            seen.append(until_followed(client, reached))
    assert {len(one["calls"]) for one in seen} == {0, 1, 2}
    for then in seen:
        answer = client.get("/v1/live", params={"at": str(then["position"])})
        assert answer.status_code == 200
        assert by_id(answer.json()["calls"]) == by_id(then["calls"])
        assert (answer.json()["position"], answer.json()["current"]) == (then["position"], False)
        again = client.get("/v1/live", params={"at": answer.json()["at"]}).json()
        assert again["at"] == answer.json()["at"]
    refused = client.get("/v1/live", params={"at": "soon"})
    assert (refused.status_code, refused.json()["code"]) == (400, "api.bad_argument")


def test_many_boards_are_asked_for_at_once(filled: Callable[..., Site], server: Server) -> None:
    filled("13", "18", "41")
    with server.client() as client, ThreadPoolExecutor(16) as threads:
        head = client.get("/v1/live", params={"at": datetime.now(UTC).isoformat()}).json()["position"]
        places = [str(head * part // 20) for part in range(1, 20)]
        alone = [client.get("/v1/live", params={"at": place}) for place in places]
        assert any(answer.json()["calls"] for answer in alone)
        together = list(threads.map(lambda place: client.get("/v1/live", params={"at": place}), places * 20))
    assert {answer.status_code for answer in together} == {200}
    assert [answer.content for answer in together] == [answer.content for answer in alone] * 20


def by_id(calls: list[Any]) -> list[Any]:
    """The feed puts what changed last behind the others."""
    return sorted(calls, key=lambda call: str(call["call_id"]))


def until_followed(client: httpx.Client, position: int) -> Any:
    """The present board, once the server has followed up to a position."""

    def look() -> Any:
        found = client.get("/v1/live").json()
        return found if found["position"] >= position else None

    return until(look, f"the board at {position}")


def test_a_company_sees_its_own(filled: Callable[..., Site]) -> None:
    site = filled("42")
    assert site.dsn is not None
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        seen: dict[str | None, set[str]] = {}
        for tenant in (None, "alpha.example", "beta.example"):
            seen[tenant] = set()
            for position in range(10, 150, 10):
                body = bytes(_then(connection, str(position), Principal("t", tenant)).body)
                seen[tenant] |= {t for t in ("alpha.example", "beta.example") if f'"tenant":"{t}"'.encode() in body}
    assert seen[None] == {"alpha.example", "beta.example"}
    assert seen["alpha.example"] == {"alpha.example"}
    assert seen["beta.example"] == {"beta.example"}
