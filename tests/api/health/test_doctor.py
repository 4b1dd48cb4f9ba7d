"""What `harmony doctor` looks at besides what every start needs: the registry, and who has the server's address."""

import socket
from pathlib import Path

import pytest

from tests.api.conftest import Server, Site, until
from tests.core.registry.examples import EXAMPLE
from tests.ports import free_port


@pytest.mark.database
def test_doctor_looks_at_the_registry_and_at_who_has_the_address(site: Site, tmp_path: Path) -> None:
    def told(check: str, **env: str) -> tuple[str, str]:
        done = site.run("doctor", "--json", env={"HARMONY_HTTP_PORT": str(free_port())} | env)
        (found,) = [one for one in done.json["checks"] if one["check"] == check]
        return found["result"], found["says"]

    assert told("registry")[0] == "ok"
    assert told("registry", HARMONY_REGISTRY="/nosuch.ldif") == (
        "failed",
        "The registry /nosuch.ldif cannot be read: No such file or directory.",
    )
    (prose := tmp_path / "README.md").write_text("# Harmony\n\nno LDIF\n")
    result, says = told("registry", HARMONY_REGISTRY=str(prose))
    assert (result, "line 3" in says) == ("failed", True)
    assert told("registry", HARMONY_REGISTRY=str(EXAMPLE))[0] == "ok"

    with socket.create_server(("127.0.0.1", 0)) as stranger:
        result, says = told("http", HARMONY_HTTP_PORT=str(stranger.getsockname()[1]))
    assert (result, "Something else has" in says) == ("warning", True)


@pytest.mark.http
def test_doctor_knows_our_own_server(server: Server) -> None:
    until(lambda: server.site.run("status", "--json").json["services"], "the report of the server")
    done = server.site.run("doctor", env={"HARMONY_HTTP_PORT": str(server.port)})
    assert f"Our server answers on 127.0.0.1:{server.port}." in done.out
