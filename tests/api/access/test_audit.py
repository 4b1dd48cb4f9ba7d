"""What is recorded of access: refusals and operators' looks, the first at once, the rest counted."""

import asyncio
import threading
from typing import Any

import httpx
import psycopg
import pytest
from starlette.types import Scope

from api.access import audit as module
from api.access.audit import Audit
from api.access.principal import OPERATOR, Principal
from api.access.tally import MOST, STRANGERS, Due, Thing
from core.log.operations import Operation, operations
from tests.api.access.companies import ALPHA, BRAVO
from tests.api.access.test_isolation import Houses
from tests.api.conftest import Server, Site, until


def records(connection: psycopg.Connection[Any], action: str = "access.*") -> list[Operation]:
    return operations(connection, action=action)


@pytest.mark.http
def test_refusals_and_looks_are_recorded_and_shown(houses: Houses, connection: psycopg.Connection[Any]) -> None:
    row = connection.execute("SELECT call_id FROM calls.call WHERE tenant = %s LIMIT 1", [BRAVO]).fetchone()
    assert row is not None
    (foreign,) = row
    with httpx.Client(base_url=houses.server.address, timeout=30, trust_env=False) as client:

        def ask(whose: str, path: str) -> int:
            token = houses.tokens.get(whose, whose)
            return client.get(path, headers={"Authorization": f"Bearer {token}"}).status_code

        for _ in range(30):
            assert ask("hmy_wrong", "/v1/calls") == 401
        assert ask(ALPHA, "/v1/operations") == 403
        assert ask(ALPHA, f"/v1/calls/{foreign}") == 404
        assert ask(ALPHA, "/v1/calls/no-such-call") == 404
        assert ask(ALPHA, f"/v1/webhooks/{houses.webhooks[BRAVO]}") == 404
        assert ask(ALPHA, f"/v1/webhooks/{houses.webhooks[ALPHA]}") == 200
        assert ask("operator", f"/v1/calls/{foreign}") == 200
        assert ask("operator", f"/v1/calls?tenant={ALPHA}") == 200
        assert ask("operator", "/v1/live") == 200
        assert ask("operator", f"/v1/webhooks/{houses.webhooks[BRAVO]}/deliveries") == 200
    refused = {
        ("", None, "/v1/calls", 401),
        ("crm", None, "/v1/operations", 403),
        ("crm", BRAVO, "/v1/calls/{call_id:any}", 404),
        ("crm", BRAVO, "/v1/webhooks/{webhook_id}", 404),
    }
    looks = {
        ("operator", BRAVO, "/v1/calls/{call_id:any}"),
        ("operator", ALPHA, "/v1/calls"),
        ("operator", None, "/v1/live"),
        ("operator", BRAVO, "/v1/webhooks/{webhook_id}/deliveries"),
    }

    def all_there() -> bool:
        found = records(connection)
        told = {(one.by, one.tenant, one.subject, one.details.get("status")) for one in found}
        return refused <= told and looks <= {(b, t, s) for b, t, s, status in told if status is None}

    until(all_there, "the records")
    assert houses.server.running.stop() == 0  # what was counted is written at the end
    tried = [one for one in records(connection, "access.refused") if one.details["status"] == 401]
    assert sum(one.details["times"] for one in tried) == 30
    assert len(tried) <= 2
    assert not [one for one in records(connection) if one.details.get("status") == 404 and one.tenant == ALPHA]
    said = houses.server.site.ok("operations", "list", "--action", "access.*").out
    assert "access.refused" in said
    assert "access.operator" in said
    published = connection.execute("SELECT convert_from(state, 'UTF8') FROM log.call_event").fetchall()
    assert not [row for row in published if "access." in row[0]], "companies are not told of each other"
    houses.server.start()


@pytest.mark.http
def test_two_thousand_strangers_write_few_rows(site: Site, connection: psycopg.Connection[Any]) -> None:
    server = Server(site)
    paths = ("/v1/calls", "/v1/calls/some-call", "/v1/live", "/v1/webhooks", "/v1/nothing")
    with httpx.Client(base_url=server.address, timeout=30, trust_env=False) as client:
        for number in range(2000):
            address = f"203.{number % 250}.{number // 250}.9" if number % 2 else f"2001:db8:{number:x}::9"
            answer = client.get(paths[number % len(paths)], headers={"X-Forwarded-For": address})
            assert answer.status_code == 401
    assert server.running.stop() == 0
    found = records(connection, "access.refused")
    assert sum(one.details["times"] for one in found) == 2000
    assert len(found) <= 2 * (STRANGERS + 1)  # at once, and what was counted until the end
    assert {one.details.get("network", "").rpartition("/")[2] for one in found} == {"24", "64", ""}
    assert "/v1/calls/{call_id:any}" not in {one.subject for one in found}


def refused(number: int) -> Scope:
    who = Principal(f"token-{number}", f"company-{number}.example")
    return {"type": "http", "principal": who, "path": f"/{number}", "client": (f"10.0.0.{number % 250}", 1)}


@pytest.mark.pure
async def test_an_attack_writes_little_and_says_how_much_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[Thing, int]] = []
    done = threading.Event()

    def store(dsn: str, due: list[Due], unsure: list[module.Unsure]) -> list[Any]:
        written.extend((row.thing, row.times) for row in due)
        done.set()
        return []

    monkeypatch.setattr(module, "_store", store)
    audit = Audit("nowhere", every=3600)
    keeping = asyncio.create_task(audit.keep())
    for number in range(5000):
        audit.answered(refused(number), 403)
    await asyncio.to_thread(done.wait, 20)
    for _ in range(5000):
        audit.answered(refused(1), 403)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert sum(times for _, times in written) == 10_000, "all are counted"
    assert len(written) <= 2 * (MOST + 1), "few are written"


@pytest.mark.pure
async def test_what_cannot_be_written_is_written_later(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.errors import LogAway

    written: list[tuple[Thing, int]] = []
    away = threading.Event()

    def store(dsn: str, due: list[Due], unsure: list[module.Unsure]) -> list[Any]:
        if not away.is_set():
            away.set()
            raise LogAway("The database is away.")
        written.extend((row.thing, row.times) for row in due)
        return []

    monkeypatch.setattr(module, "_store", store)
    audit = Audit("nowhere")
    keeping = asyncio.create_task(audit.keep())
    audit.answered(refused(1), 401)
    await asyncio.to_thread(away.wait, 20)
    audit.answered(refused(1), 401)
    keeping.cancel()
    await asyncio.gather(keeping, return_exceptions=True)
    assert sum(times for _, times in written) == 2


@pytest.mark.pure
def test_operators_are_told_apart_from_companies() -> None:
    audit = Audit("nowhere")
    audit.answered({"type": "http", "principal": OPERATOR}, 404)
    audit.answered({"type": "http", "principal": None}, 404)
    audit.answered(refused(1), 200)
    assert not audit.tally.things
