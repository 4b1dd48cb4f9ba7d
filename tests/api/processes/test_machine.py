"""`harmony run`: everything up with one command, kept up, and nothing left behind however it ends."""

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.api.conftest import Running, Site, until
from tests.ports import free_port

pytestmark = pytest.mark.http


class Whole:
    """A running `harmony run` in a directory of its own, with the embedded PostgreSQL or a database that is there."""

    def __init__(self, data: Path, *arguments: str, dsn: str | None = None) -> None:
        self.site = Site(data, dsn)
        self.port = free_port()
        # An epmd port of its own: the demo's nodes must not meet those of other tests.
        self.site.env |= {"HARMONY_HTTP_PORT": str(self.port), "ERL_EPMD_PORT": str(free_port())}
        self.running: Running = self.site.start("run", *arguments)

    def client(self) -> httpx.Client:
        token = self.running.says(r"Access token: (\S+)", 60)[1]
        address = f"http://127.0.0.1:{self.port}"
        return httpx.Client(base_url=address, headers={"Authorization": f"Bearer {token}"}, timeout=20)

    def pids(self) -> list[int]:
        """Every process that belongs to it: by the data directory in its environment or its arguments."""
        mark = str(self.site.data).encode()
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    if mark in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes():
                        found.append(int(entry.name))
                except OSError:
                    continue
        return found


def service(client: httpx.Client, part: str) -> int | None:
    """The process that says it is this part now."""
    for found in client.get("/readyz").json()["services"]:
        if found["part"] == part and found["state"] == "running":
            return int(found["pid"])
    return None


Start = Callable[..., Whole]


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def start(directory: Path) -> Iterator[Start]:
    """Start it, with arguments; killed behind the test if the test did not come to its end."""
    started: list[Whole] = []

    def run(*arguments: str) -> Whole:
        started.append(Whole(directory, *arguments))
        return started[-1]

    yield run
    for whole in started:
        if whole.running.process.poll() is None:
            whole.running.stop(signal.SIGKILL)


def test_the_first_start_prints_the_address_and_the_token_once(directory: Path, start: Start) -> None:
    whole = start()
    address = whole.running.says(r"Harmony: (\S+)", 60)[1]
    token = whole.running.says(r"Access token: (\S+)")[1]
    assert address == f"http://127.0.0.1:{whole.port}/"
    whole.running.says("No switch is configured, so no events will arrive: name one in .*harmony.toml")
    with whole.client() as client:
        assert client.get("/v1/live").json()["calls"] == []
        until(lambda: service(client, "projection"), "the projection's report")
        assert client.get("/readyz").json()["status"] == "ok"
    assert whole.running.stop(signal.SIGINT) == 0
    until(lambda: not whole.pids(), "nobody left")

    again = start()
    again.running.says(r"Harmony: http://127.0.0.1:\d+/  \(with the token of the first start")
    assert not any("Access token" in line for line in again.running.said)
    with httpx.Client(headers={"Authorization": f"Bearer {token}"}) as client:
        assert client.get(f"http://127.0.0.1:{again.port}/v1/live").status_code == 200
    assert again.running.stop() == 0

    anew = start("--new-token")
    fresh = anew.running.says(r"Access token: (\S+)")[1]
    assert fresh != token
    assert anew.running.stop() == 0
    assert (directory / "token.sha256").stat().st_mode & 0o777 == 0o600


def test_a_part_that_dies_is_started_again(directory: Path, start: Start) -> None:
    whole = start()
    with whole.client() as client:
        first = until(lambda: service(client, "projection"), "the projection")
        os.kill(first, signal.SIGKILL)
        whole.running.says("projection was killed by signal 9; it starts again")
        until(lambda: (now := service(client, "projection")) and now != first, "another projection")
        os.kill(service(client, "http") or 0, signal.SIGKILL)
        whole.running.says("http was killed by signal 9")

        def answers() -> bool:
            try:
                return client.get("/livez").status_code == 200
            except httpx.HTTPError:
                return False

        until(answers, "HTTP again")
    assert whole.running.stop() == 0
    until(lambda: not whole.pids(), "nobody left")


def test_when_postgresql_died_all_are_well_again(directory: Path, start: Start) -> None:
    whole = start()
    with whole.client() as client:
        until(lambda: service(client, "deliver"), "the sender of webhooks")
        postmaster = directory / "postgres" / "data" / "postmaster.pid"
        os.kill(int(postmaster.read_text().split()[0]), signal.SIGKILL)
        whole.running.says("PostgreSQL ended, which nobody asked of it", 60)
        whole.running.says("webhook sender is well again", 60)
        until(lambda: client.get("/readyz").json()["status"] == "ok", "nobody in trouble", 60)
    assert whole.running.stop() == 0


def test_nobody_is_left_when_it_is_killed_and_it_starts_again(directory: Path, start: Start) -> None:
    whole = start()
    with whole.client() as client:
        until(lambda: service(client, "projection"), "the projection")
    assert len(whole.pids()) >= 4
    whole.running.stop(signal.SIGKILL)
    until(lambda: not whole.pids(), "nobody left, PostgreSQL included", 90)
    again = start()
    again.running.says("Harmony: http")
    assert again.running.stop() == 0


def test_a_taken_address_ends_it_with_one_sentence(directory: Path, start: Start) -> None:
    whole = start()
    whole.running.says("Harmony: http", 60)
    other = Site(directory.parent / "other", None)
    done = other.run("run", env={"HARMONY_HTTP_PORT": str(whole.port)})
    assert done.code == 1
    assert f"The address 127.0.0.1:{whole.port} cannot be used" in done.err
    assert whole.running.stop() == 0


def test_the_demo_shows_live_calls_within_a_minute(directory: Path, start: Start) -> None:
    whole = start("--demo")
    with whole.client() as client:
        live = until(lambda: client.get("/v1/live").json()["calls"], "live calls", 60)
        assert {"call_id", "from", "state", "started_at"} <= set(live[0])
        ended = until(lambda: client.get("/v1/calls?live=false").json()["calls"], "a call that has ended", 60)
        assert ended[0]["ended_at"]
        (known,) = until(lambda: client.get("/readyz").json()["switches"], "the bridge's report")
        assert known["link"] == "up"
        assert "harmony_link_up" in client.get("/metrics").text
        assert whole.site.run("status").code == 0
        switch = known["switch"]
        emulator = next(pid for pid in whole.pids() if b"demo-switch" in Path(f"/proc/{pid}/cmdline").read_bytes())
        os.kill(emulator, signal.SIGKILL)
        until(lambda: "link.down" in client.get("/readyz").json()["degraded"], "the loss is told")
        assert f"The link to {switch} is down" in client.get("/readyz").json()["problems"][0]
        until(lambda: client.get("/readyz").json()["status"] == "ok", "the link again", 60)
    own = whole.site.ok("events", "export", "--topic", "CUSTOM harmony::link_down").lines
    assert len(own) >= 1
    assert whole.running.stop() == 0
    until(lambda: not whole.pids(), "nobody left")
