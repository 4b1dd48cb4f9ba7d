"""Strangers against a real server: it answers others meanwhile, and its log stays short."""

import contextlib
import resource
import socket
import threading
from collections.abc import Iterator

import httpx
import pytest

from tests.api.conftest import Server, Site, until

pytestmark = pytest.mark.http
MANY = 2000


@pytest.fixture(autouse=True)
def files() -> Iterator[None]:
    """The attacker needs open files, too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(soft, 4096) if hard == resource.RLIM_INFINITY else min(max(soft, 4096), hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def livez(server: Server) -> int:
    with httpx.Client(base_url=server.address, timeout=30) as client:
        return client.get("/livez").status_code


def said(server: Server) -> int:
    return sum(map(len, server.running.said))


@pytest.mark.parametrize("proxies", ["127.0.0.1", ""])
def test_half_sent_requests_do_not_make_it_deaf(server: Server, proxies: str) -> None:
    assert server.running.stop() == 0
    server.running = server.site.start(
        "serve", env={"HARMONY_HTTP_PORT": str(server.port), "HARMONY_HTTP_PROXIES": proxies}
    )
    server.running.says("Application startup complete")
    with contextlib.ExitStack() as stack:
        for _ in range(MANY):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            client.sendall(b"GET /livez HTTP/1.1\r\nHost: ")
        for _ in range(20):
            assert livez(server) == 200
    assert said(server) < 5000, server.running.said


def test_headers_of_500_mb_do_not_hold_it(server: Server) -> None:
    stop, piece, sent = threading.Event(), b"x" * (1 << 20), []

    def attack() -> None:
        with (
            contextlib.suppress(OSError),
            socket.create_connection(("127.0.0.1", server.port), timeout=30) as client,
        ):
            client.sendall(b"GET /livez HTTP/1.1\r\nX: ")
            for number in range(500):
                if stop.is_set():
                    return
                client.sendall(piece)
                sent.append(number)

    attackers = [threading.Thread(target=attack) for _ in range(4)]
    for one in attackers:
        one.start()
    for _ in range(20):
        assert livez(server) == 200
    for one in attackers:
        one.join(60)
    stop.set()
    assert len(sent) < 4 * 500  # they were cut off
    assert livez(server) == 200
    assert said(server) < 5000, server.running.said


def test_without_files_left_it_waits_quietly_and_goes_on(server: Server) -> None:
    """accept() fails with EMFILE, which asyncio would tell once for each connection that waits, each second."""
    pid = server.running.process.pid
    with contextlib.ExitStack() as stack:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, (100, 100))
        for _ in range(400):
            client = stack.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=30))
            client.sendall(b"GET /livez HTTP/1.1\r\n")
        server.running.says("out of system resource")
    until(lambda: livez(server) == 200 or None, "an answer")
    assert said(server) < 20_000, server.running.said
    assert sum("out of system resource" in line for line in server.running.said) <= 10


def test_refused_sockets_and_broken_requests_do_not_fill_the_log(server: Server) -> None:
    before = len(server.running.said)
    with httpx.Client(base_url=server.address) as client:
        for number in range(300):
            headers = {
                "Connection": "Upgrade",
                "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13",
                "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
            }
            assert client.get(f"/v1/ws?try={number}", headers=headers).status_code == 401
    for _ in range(300):
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as one:
            one.sendall(b"nonsense\r\n\r\n")
            assert one.recv(100).startswith(b"HTTP/1.1 400")
    for _ in range(100):  # gone in the middle of a body
        with socket.create_connection(("127.0.0.1", server.port), timeout=30) as one:
            one.sendall(b"POST /v1/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
    assert livez(server) == 200
    assert len(server.running.said) - before < 40, server.running.said


def test_what_may_be_opened_is_what_the_system_allows(site: Site, server: Server) -> None:
    soft, hard = resource.prlimit(server.running.process.pid, resource.RLIMIT_NOFILE)
    assert soft == hard or soft >= 1 << 20
    assert "http_proxies" in site.run("status", env={"HARMONY_HTTP_PROXIES": "everybody"}).err
