"""What the registry says of our own switches is in the log, once, and again when it is something else."""

import msgspec
import pytest

from bridge.process.own_switches import OwnSwitches
from core.own_event import SWITCHES
from core.registry import Registry
from core.registry import entries as e
from tests.core.registry.examples import example

pytestmark = pytest.mark.pure


def _registry(*addresses: str) -> Registry:
    switches = [e.Switch(tenant=None, node=f"fs@{n}", addresses=(one,)) for n, one in enumerate(addresses)]
    trunks = [
        e.Trunk(tenant=None, name="zero", proxy="p", leads_to="fs@0"),
        e.Trunk(tenant="alpha.example", name="own", proxy="p", leads_to="fs@0"),
        e.Trunk(tenant=None, name="lost", proxy="p", leads_to="fs@9"),
    ]
    return Registry.of([*switches, *trunks, e.Tenant(domain="alpha.example", name="A")])


def test_it_is_told_when_it_is_something_else() -> None:
    told: list[tuple[str, dict[str, str]]] = []
    own = OwnSwitches(lambda name, **headers: told.append((name, headers)))
    for registry in (_registry("10.0.0.1"), _registry("10.0.0.1"), example(), _registry("10.0.0.1", "10.0.0.1")):
        own.tell(registry)
    assert {name for name, _ in told} == {SWITCHES}
    said = [msgspec.json.decode(headers["Harmony_Switches"]) for _, headers in told]
    trunks = {"zero": "fs@0", "own.alpha.example": "fs@0"}
    assert said == [
        {"addresses": {"10.0.0.1": "fs@0"}, "trunks": trunks},
        {"addresses": {}, "trunks": {}},
        # What two claim proves nothing.
        {"addresses": {}, "trunks": trunks},
    ]
