"""No company keeps the server from the others: what one has in use at once is limited, with a sentence."""

import asyncio
from contextlib import AsyncExitStack, ExitStack

import httpx
import psycopg
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from api.access import store
from api.http.shares import WAITING, Shares, TooMuch
from tests.api.conftest import PATIENCE, Site, until
from tests.ports import free_port

ALPHA, BETA = "alpha.example", "beta.example"


@pytest.mark.pure
async def test_a_stream_too_many_is_refused_and_others_are_not() -> None:
    shares = Shares(streams=2, questions=1)
    async with AsyncExitStack() as open_streams:
        for _ in range(2):
            await open_streams.enter_async_context(shares.taken("stream", ALPHA))
        with pytest.raises(TooMuch, match="2 streams open"):
            await open_streams.enter_async_context(shares.taken("stream", ALPHA))
        for other in (BETA, None, None, None):
            await open_streams.enter_async_context(shares.taken("stream", other))
    async with shares.taken("stream", ALPHA):
        pass


@pytest.mark.pure
async def test_questions_wait_in_a_line_of_their_company(monkeypatch: pytest.MonkeyPatch) -> None:
    shares, at_once, most = Shares(streams=1, questions=2), 0, 0
    blocked = asyncio.Event()

    async def ask(until: asyncio.Event | None = None) -> None:
        nonlocal at_once, most
        async with shares.taken("question", ALPHA):
            at_once += 1
            most = max(most, at_once)
            await (asyncio.sleep(0) if until is None else until.wait())
            at_once -= 1

    await asyncio.gather(*(ask() for _ in range(2 * (1 + WAITING))))
    assert most == 2
    monkeypatch.setattr("api.http.shares.PATIENCE", 0.05)
    busy = [asyncio.create_task(ask(blocked)) for _ in range(2)]
    await asyncio.sleep(0)
    with pytest.raises(TooMuch, match="asks for many calls"):
        await ask()
    async with shares.taken("question", BETA), shares.taken("question", None):
        pass
    blocked.set()
    await asyncio.gather(*busy)


@pytest.mark.pure
async def test_one_person_leaves_room_for_his_colleagues(monkeypatch: pytest.MonkeyPatch) -> None:
    shares = Shares(streams=10, questions=4)
    async with AsyncExitStack() as taken:
        for _ in range(5):
            await taken.enter_async_context(shares.taken("stream", ALPHA, "1001@" + ALPHA))
        with pytest.raises(TooMuch, match=r"1001@alpha\.example has 5 streams open, .* as one person may"):
            await taken.enter_async_context(shares.taken("stream", ALPHA, "1001@" + ALPHA))
        for user in ("1002@" + ALPHA, "1006@" + ALPHA, None, None, None):
            await taken.enter_async_context(shares.taken("stream", ALPHA, user))
        with pytest.raises(TooMuch, match=r"alpha\.example has 10 streams open"):
            await taken.enter_async_context(shares.taken("stream", ALPHA))
    monkeypatch.setattr("api.http.shares.PATIENCE", 0.05)
    async with AsyncExitStack() as taken:
        for _ in range(2):
            await taken.enter_async_context(shares.taken("question", ALPHA, "1001@" + ALPHA))
        with pytest.raises(TooMuch, match="than one person may"):
            await taken.enter_async_context(shares.taken("question", ALPHA, "1001@" + ALPHA))
        for user in ("1006@" + ALPHA, None):
            await taken.enter_async_context(shares.taken("question", ALPHA, user))
        with pytest.raises(TooMuch, match="than one company may"):
            await taken.enter_async_context(shares.taken("question", ALPHA))
    async with shares.taken("stream", ALPHA, "1001@" + ALPHA), shares.taken("question", ALPHA, "1001@" + ALPHA):
        pass


@pytest.mark.pure
async def test_a_file_that_is_read_slowly_keeps_nobody_from_the_lists() -> None:
    shares = Shares(streams=10, questions=1)
    async with shares.taken("export", ALPHA, "1001@" + ALPHA):
        with pytest.raises(TooMuch, match="has a file of calls made already"):
            await shares.taken("export", ALPHA, "1001@" + ALPHA).__aenter__()
        async with shares.taken("export", ALPHA), shares.taken("export", BETA), shares.taken("question", ALPHA):
            with pytest.raises(TooMuch, match="has 2 files of calls made already"):
                await shares.taken("export", ALPHA, "1006@" + ALPHA).__aenter__()
    async with shares.taken("export", ALPHA, "1001@" + ALPHA):
        pass


@pytest.mark.http
def test_of_each_company_so_many_streams_are_open(site: Site) -> None:
    assert site.dsn is not None
    with psycopg.connect(site.dsn, autocommit=True) as connection:
        tokens = {name: store.make(connection, "test", name, f"{name}.example")[1] for name in ("alpha", "beta")}
    port = free_port()
    running = site.start("serve", env={"HARMONY_HTTP_PORT": str(port), "HARMONY_COMPANY_STREAMS": "2"})
    running.says("Application startup complete")
    try:
        with ExitStack() as streams:

            def client(name: str) -> httpx.Client:
                headers = {"Authorization": f"Bearer {tokens[name]}"}
                address = f"http://127.0.0.1:{port}"
                return streams.enter_context(httpx.Client(base_url=address, headers=headers, timeout=PATIENCE))

            alpha, beta = client("alpha"), client("beta")
            with ExitStack() as two:
                for path in ("/v1/stream", "/v1/live/stream"):
                    assert two.enter_context(alpha.stream("GET", path)).status_code == 200
                for path in ("/v1/stream", "/v1/live/stream", "/v1/events?wait=5"):
                    answer = alpha.get(path)
                    assert (answer.status_code, answer.json()["code"]) == (429, "api.share")
                    assert "alpha.example has 2 streams open" in answer.json()["detail"]
                with pytest.raises(InvalidStatus) as refused:
                    connect(
                        f"ws://127.0.0.1:{port}/v1/ws",
                        additional_headers={"Authorization": alpha.headers["Authorization"]},
                    )
                assert refused.value.response.status_code == 429
                assert not any("without completing handshake" in line for line in running.said)
                assert alpha.get("/v1/calls").status_code == 200
                assert alpha.get("/v1/events").status_code == 200, "a pull that does not wait is no stream"
                assert streams.enter_context(beta.stream("GET", "/v1/stream")).status_code == 200
            until(
                lambda: alpha.get("/v1/events?wait=0.01").status_code == 200 or None,
                "room again when streams have ended",
            )
    finally:
        assert running.stop() == 0
