"""The tokens in memory: known at once, ended at once, and none when nobody can tell any more."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest

from api.access import keeper as module
from api.access import store
from api.access.bearers import Bearers
from api.access.keeper import Keeper
from api.access.token import Token
from api.errors import BadArgument, Settled, Unavailable
from core.log.operations import operations

pytestmark = pytest.mark.database


@pytest.fixture
def keeper(dsn: str) -> Iterator[Keeper]:
    started = Keeper(dsn)
    started.start()
    started.look().result(20)
    yield started
    started.stop()


def test_a_token_is_known_by_the_next_look_and_gone_by_the_next(
    keeper: Keeper, connection: psycopg.Connection[Any]
) -> None:
    made, text = store.make(connection, "test", "crm", "alpha.example", ["read"], 1)
    keeper.look().result(20)
    assert keeper.bearer(text) == made
    assert keeper.bearer(text + "x") is None
    assert keeper.bearer("no prefix") is None
    assert keeper.holds(made.token_id, None) is None
    assert keeper.holds(made.token_id, time.time() - 1) == "The token has expired."
    store.revoke(connection, "test", str(made.token_id))
    keeper.look().result(20)
    assert keeper.bearer(text) is None
    assert keeper.holds(made.token_id, None) == "The token was revoked."
    assert {one.action for one in operations(connection)} == {"token.made", "token.revoked"}


def test_an_expired_token_is_nobodys_without_a_look(
    keeper: Keeper, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, text = store.log_in(connection, "1001@alpha.example", "alpha.example", timedelta(hours=1))
    keeper.look().result(20)
    assert keeper.bearer(text) == made
    later = SimpleNamespace(time=lambda: time.time() + 3601, monotonic=time.monotonic)
    monkeypatch.setattr(module, "time", later)
    assert keeper.bearer(text) is None


def test_what_was_known_counts_no_longer_when_the_database_stays_away(
    keeper: Keeper, connection: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    made, text = store.make(connection, "test", "crm", "alpha.example")
    keeper.look().result(20)
    keeper.stop()
    assert keeper.bearer(text) == made, "for a while it does"
    monkeypatch.setattr(module, "STALE", -1.0)
    with pytest.raises(Unavailable):
        keeper.bearer(text)
    assert "cannot be checked" in (keeper.holds(made.token_id, None) or "")


def test_only_the_hash_is_kept(connection: psycopg.Connection[Any]) -> None:
    _, text = store.make(connection, "test", "crm")
    rows = connection.execute("SELECT t::text FROM auth.token t").fetchall()
    assert text not in str(rows)
    assert text.removeprefix("hmy_") not in str(rows)


def test_names_scopes_and_days_are_checked(connection: psycopg.Connection[Any]) -> None:
    made, _ = store.make(connection, "test", "crm", "ALPHA.example")
    assert (made.tenant, made.scopes) == ("alpha.example", ["read", "subscribe"])
    assert made.principal().tenant == "alpha.example"
    with pytest.raises(Settled):
        store.make(connection, "test", "crm", "beta.example")
    wrong: list[dict[str, Any]] = [
        {"name": "operator"},
        {"name": "1001@alpha.example"},
        {"name": ""},
        {"name": "x", "tenant": "not a domain"},
        {"name": "x", "scopes": ["all"]},
        {"name": "x", "tenant": "alpha.example", "scopes": ["operate"]},
        {"name": "x", "days": 0},
    ]
    for given in wrong:
        with pytest.raises(BadArgument):
            store.make(connection, "test", **given)
    assert [one.name for one in store.listed(connection)] == ["crm"]


async def test_who_is_just_starting_looks_before_he_refuses(
    dsn: str, connection: psycopg.Connection[Any], tmp_path: Path
) -> None:
    made, text = store.make(connection, "test", "crm", "alpha.example")
    bearers = Bearers(dsn, tmp_path)
    bearers.keeper.start()
    try:
        found = await bearers(text)
        assert found is not None
        assert found.principal.name == "crm"
        assert found.why_not() is None
        assert await bearers(text + "x") is None
        assert isinstance(found.token, Token)
        assert found.token.state(datetime.now(UTC)) == "good"
    finally:
        bearers.keeper.stop()
    assert made.tenant == "alpha.example"


def test_a_company_has_so_many_tokens_and_others_have_theirs(connection: psycopg.Connection[Any]) -> None:
    def make(name: str, tenant: str | None, user: str | None = None) -> Token:
        return store.make(connection, "test", name, tenant, user=user, most=2)[0]

    make("one", "alpha.example")
    make("two", None, "1001@alpha.example")
    number = store.change_number(connection)
    for tenant, user in (("ALPHA.example", None), (None, "1002@alpha.example")):
        with pytest.raises(Settled, match=r"alpha\.example has 2 good tokens already, of 2 .* company_tokens"):
            make("three", tenant, user)
    assert store.change_number(connection) == number
    store.log_in(connection, "1001@alpha.example", "alpha.example", timedelta(hours=1))
    make("beta", "beta.example")
    for name in ("a", "b", "c"):
        make(name, None)
    store.revoke(connection, "test", "one")
    assert make("three", "alpha.example").tenant == "alpha.example"


def test_of_too_many_log_ins_the_oldest_ends(connection: psycopg.Connection[Any]) -> None:
    def log_in(user: str) -> Token:
        return store.log_in(connection, user, "alpha.example", timedelta(hours=1))[0]

    other = log_in("1002@alpha.example")
    made = [log_in("1001@alpha.example") for _ in range(store.LOGINS + 2)]
    assert [one.token_id for one in store.listed(connection)] == [one.token_id for one in [other, *made[2:]]]
    ended = [one for one in operations(connection) if one.action == "token.revoked"]
    told = ("1001@alpha.example", "1001@alpha.example", f"a user has {store.LOGINS} log-ins at most")
    assert [(one.by, one.subject, one.reason) for one in ended] == [told, told]
