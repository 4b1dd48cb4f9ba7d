"""What people of each role may do, over a real server; and that a role that is changed counts at once."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import ClientConnection, connect

from api.access import store
from core.log import EventLog
from tests.api.access.test_isolation import EXAMPLE, QUICKLY, STREAMS, Houses, Listener
from tests.api.commands.living import HELD, SWITCH, store_until
from tests.api.conftest import Server, Site, until

pytestmark = pytest.mark.http
ALPHA = "alpha.example"
USER, OTHER, SUPERVISOR, ADMIN = (f"{number}@{ALPHA}" for number in (1001, 1004, 1005, 1006))
OPERATOR = "1003@gamma.example"


@pytest.fixture
def registry(site: Site) -> Path:
    site.data.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copy(EXAMPLE, site.data / "registry.ldif"))


@pytest.fixture
def people(registry: Path, filled: Any, connection: psycopg.Connection[Any]) -> dict[str, str]:
    """A token of each, as a login gives it."""
    filled("01", "30", "42")
    lasting = timedelta(hours=1)
    return {
        user: store.log_in(connection, user, user.partition("@")[2], lasting)[1]
        for user in (USER, OTHER, SUPERVISOR, ADMIN, OPERATOR)
    }


@pytest.fixture
def ask(people: dict[str, str], server: Server) -> Iterator[Callable[..., httpx.Response]]:
    with ExitStack() as stack:
        clients = {user: stack.enter_context(server.client(token)) for user, token in people.items()}

        def asked(user: str, path: str, method: str = "GET", **more: Any) -> httpx.Response:
            return clients[user].request(method, path, **more)

        yield asked


def test_each_sees_what_his_role_says(ask: Callable[..., httpx.Response]) -> None:
    told = {user: ask(user, "/v1/whoami").json() for user in (USER, SUPERVISOR, ADMIN, OPERATOR)}
    assert [one["role"] for one in told.values()] == ["user", "supervisor", "company-admin", "operator"]
    assert told[SUPERVISOR]["supervises"]["queues"] == [f"support@{ALPHA}"]
    assert (told[USER]["user"], told[USER]["supervises"]) == (USER, None)
    assert told[OPERATOR]["tenant"] is None
    seen = {user: len(ask(user, "/v1/calls?limit=500").json()["calls"]) for user in told}
    company = ask(OPERATOR, f"/v1/calls?limit=500&tenant={ALPHA}").json()["calls"]
    assert 0 < seen[USER] < seen[ADMIN] == len(company) < seen[OPERATOR]
    assert 0 < seen[SUPERVISOR] < seen[ADMIN]
    calls = {user: {one["call_id"] for one in ask(user, "/v1/calls?limit=500").json()["calls"]} for user in told}
    (waited,) = [one["call_id"] for one in ask(ADMIN, "/v1/calls?queue=support").json()["calls"]]
    assert waited in calls[SUPERVISOR]
    assert waited not in calls[USER]
    missing = ask(USER, "/v1/calls/nothing-of-this-name").json()
    refused = ask(USER, f"/v1/calls/{waited}").json()
    assert refused["detail"].replace(waited, "") == missing["detail"].replace("nothing-of-this-name", "")
    assert refused["status"] == missing["status"] == 404
    assert ask(SUPERVISOR, f"/v1/calls/{waited}").status_code == 200
    for path in ("/v1/webhooks",):
        assert [ask(u, path).status_code for u in (USER, SUPERVISOR, ADMIN, OPERATOR)] == [403, 403, 200, 200], path
    for path in ("/v1/status", "/v1/operations", "/v1/parked", "/metrics", "/v1/events?log=switch"):
        assert [ask(u, path).status_code for u in (USER, SUPERVISOR, ADMIN, OPERATOR)] == [403, 403, 403, 200], path
    whole = [ask(u, f"/v1/users/1002@{ALPHA}").status_code for u in (USER, SUPERVISOR, ADMIN, OPERATOR)]
    assert whole == [403, 403, 200, 200]
    assert ask(USER, "/v1/me").json()["user"] == USER


def test_each_commands_what_his_role_says(ask: Callable[..., httpx.Response], site: Site) -> None:
    assert site.dsn is not None
    with EventLog(site.dsn) as log:
        store_until(log, SWITCH, "17", "CHANNEL_HOLD", 1)
    site.ok("project", "--once")

    def command(who: str, path: str, **body: Any) -> int:
        return ask(who, path, "POST", json=body).status_code

    call = f"/v1/calls/{HELD}/hangup"  # of 1001 with 1002
    assert command(OTHER, call) == 404
    assert command(USER, call, party="1002") == 403, "another's phone"
    assert command(USER, call) == 202
    assert command(ADMIN, call) == 202
    assert command(USER, "/v1/calls", **{"from": f"1002@{ALPHA}", "to": "1"}) == 403
    for user in (USER, SUPERVISOR):
        assert command(user, f"/v1/calls/{HELD}/eavesdrop", user=user, party="1002") in (403, 404)
    made = ask(USER, f"/v1/calls/{HELD}/messages", "POST", json={"party": "1001", "text": "x"})
    assert made.status_code == 202
    assert ask(USER, made.headers["location"]).status_code == 200
    assert ask(OTHER, made.headers["location"]).status_code == 404
    assert ask(ADMIN, made.headers["location"]).status_code == 200


def _read_on(socket: ClientConnection) -> None:
    while True:
        socket.recv(30)


@pytest.mark.parametrize(
    ("user", "old", "new"),
    [
        (ADMIN, "harmonyRole: company-admin\n", ""),
        (SUPERVISOR, "harmonySupervises: support", "harmonySupervises: 2000"),
        (
            USER,
            "harmonySipPassword: secret-alpha-1001\n",
            "harmonySipPassword: secret-alpha-1001\nharmonyEnabled: FALSE\n",
        ),
    ],
)
def test_a_role_that_changes_ends_streams_and_counts_at_once(
    people: dict[str, str], server: Server, registry: Path, user: str, old: str, new: str
) -> None:
    houses = Houses(server, people, [], {}, [])
    with ExitStack() as stack:
        ending = [Listener(houses, user, path, stack) for path in STREAMS[:2]]
        address = server.address.replace("http", "ws", 1) + "/v1/ws"
        headers = {"Authorization": f"Bearer {people[user]}"}
        socket = stack.enter_context(connect(address, additional_headers=headers, **QUICKLY))
        text = registry.read_text(encoding="utf-8")
        assert old in text
        registry.write_text(text.replace(old, new, 1), encoding="utf-8")
        for one in ending:
            one.wait()
            assert b"has changed" in one.received or b"may not use the system" in one.received
        with pytest.raises(ConnectionClosedError) as closed:
            _read_on(socket)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 4003
    with server.client(people[user]) as client:
        told = client.get("/v1/whoami")
        assert told.status_code == (401 if user == USER else 200)
        if user == ADMIN:
            assert told.json()["role"] == "user"
            assert client.get("/v1/webhooks").status_code == 403


def test_tokens_are_narrowed_to_a_user_and_a_role(
    people: dict[str, str], server: Server, site: Site, registry: Path
) -> None:
    def made(*arguments: str) -> Any:
        return site.ok("tokens", "make", *arguments, "--json").json

    whole, mine = (
        made("crm", "--tenant", ALPHA),
        made("mine", "--user", ADMIN.upper().replace("@ALPHA.EXAMPLE", f"@{ALPHA}")),
    )
    narrow = made("narrow", "--user", ADMIN, "--role", "user")
    roles = {}
    for name, one in (("crm", whole), ("mine", mine), ("narrow", narrow)):
        with server.client(one["token"]) as client:
            roles[name] = client.get("/v1/whoami").json()
    assert [one["role"] for one in roles.values()] == ["company-admin", "company-admin", "user"]
    assert [one["user"] for one in roles.values()] == [None, ADMIN, ADMIN]
    assert narrow["made"]["tenant"] == ALPHA
    for wrong in (
        ("x", "--role", "user"),
        ("x", "--role", "operator", "--tenant", ALPHA),
        ("x", "--user", "1001"),
        ("x", "--user", USER, "--tenant", "beta.example"),
    ):
        assert site.run("tokens", "make", *wrong).code == 2, wrong
    assert "company-admin (as the registry says)" in site.ok("tokens", "list").out
    text = registry.read_text(encoding="utf-8")
    registry.write_text(text.replace("uid=1006,", "uid=1996,").replace("uid: 1006", "uid: 1996"), encoding="utf-8")
    with server.client(mine["token"]) as client:
        until(lambda: client.get("/v1/whoami").status_code == 401, "its end")
