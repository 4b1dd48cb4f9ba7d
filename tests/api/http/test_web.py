"""The web client's files as they are handed out: hashed ones for good, packed as the browser likes, of this server."""

import re

import httpx
import pytest

from tests.api.conftest import Server

pytestmark = pytest.mark.http
FIRST_LOAD = 150_000
"""bytes of the first load, compressed, at most"""


def test_the_page_and_what_it_loads(server: Server) -> None:
    with httpx.Client(base_url=server.address, headers={"Accept-Encoding": "gzip"}, trust_env=False) as client:
        page = client.get("/calls/some%2Fid")
        assert page.headers["cache-control"] == "no-cache"
        assert "<script>" not in page.text
        assert "style=" not in page.text
        assert client.get("/phone", headers={"If-None-Match": page.headers["etag"]}).status_code == 304
        names = re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text)
        assert any(name.endswith(".js") for name in names)
        assert any(name.endswith(".css") for name in names)
        whole = 0
        for name in names:
            with client.stream("GET", name, headers={"Accept-Encoding": "gzip, br"}) as one:
                assert one.status_code == 200, name
                whole += sum(len(piece) for piece in one.iter_raw())
                assert one.headers["cache-control"] == "public, max-age=31536000, immutable"
                assert one.headers["content-encoding"] == "br"
                assert one.headers["vary"] == "Accept-Encoding"
        script = next(name for name in names if name.endswith(".js"))
        plain = client.get(script, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert client.get(script, headers={"Accept-Encoding": "br;q=0, gzip"}).headers["content-encoding"] == "gzip"
        style = client.get(next(name for name in names if name.endswith(".css"))).text
        fonts = [client.get(name) for name in re.findall(r"/assets/[\w.-]+\.woff2", style)]
        assert fonts
        assert {one.headers["content-type"] for one in fonts} == {"font/woff2"}
        assert whole + sum(len(one.content) for one in fonts) < FIRST_LOAD
        for nothing in ("/assets/..%2Findex.html", "/assets/nothing.js", "/assets/index.html"):
            assert client.get(nothing).status_code in (401, 404), nothing
