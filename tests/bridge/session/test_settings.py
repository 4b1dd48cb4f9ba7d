"""What is wrong with a switch's settings, in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest

from bridge.session.settings import erlang_faults, sofia_faults

pytestmark = pytest.mark.pure
SHIPPED = Path(__file__).parents[3] / "rel/freeswitch/autoload_configs/erlang_event.conf.xml"


def conf(**params: str) -> str:
    lines = [f'<param name="{name.replace("_", "-")}" value="{value}"/>' for name, value in params.items()]
    return f"<c><settings>{''.join(lines)}</settings></c>"


def test_what_we_ship_has_no_faults() -> None:
    assert erlang_faults(SHIPPED.read_text(), "string", "string") == []


@pytest.mark.parametrize("bulk", ["1", "0", "49", "many", ""])
def test_a_small_bulk(bulk: str) -> None:
    (fault,) = erlang_faults(conf(max_event_bulk=bulk), None)
    assert "max-event-bulk" in fault
    assert "100" in fault


def test_the_default_bulk_is_named_as_such() -> None:
    (fault,) = erlang_faults(conf(), "string")
    assert "1 (the default)" in fault


def test_encoding() -> None:
    good = {"max_event_bulk": "100"}
    assert erlang_faults(conf(**good, encoding="binary"), "binary", "binary") == []
    assert "reload" in erlang_faults(conf(**good, encoding="binary"), "string")[0]
    assert "means nothing" in erlang_faults(conf(**good, encoding="utf8"), "string")[0]
    assert "our settings expect binary" in erlang_faults(conf(**good), "string", "binary")[0]


def test_transfer_events_by_profile() -> None:
    on, off = '<param name="fire-transfer-events" value="true"/>', ""
    profiles = "".join(
        f'<profile name="{name}"><settings>{param}</settings></profile>'
        for name, param in (("a", on), ("b", off), ("c", off))
    )
    (fault,) = sofia_faults(f"<configuration><profiles>{profiles}</profiles></configuration>")
    assert "profiles b, c" in fault
    assert sofia_faults(f'<c><profile name="a"><settings>{on}</settings></profile></c>') == []


def test_what_cannot_be_read_is_a_fault_too() -> None:
    assert "could not be read" in erlang_faults("can't find anything\n", "string")[0]
    assert "could not be read" in sofia_faults("-ERR\n")[0]
