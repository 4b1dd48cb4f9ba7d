"""Who can sign in at the demo is told from its registry, and nobody's own password is."""

from pathlib import Path

import pytest

from api.processes.guests import guests
from core.registry import ldif

pytestmark = pytest.mark.pure
EXAMPLE = (Path(__file__).parents[3] / "rel" / "ldap" / "example.ldif").read_text(encoding="utf-8")
COMPANIES = ("alpha.example", "beta.example")


def test_one_of_each_kind_of_each_company() -> None:
    told = list(guests(ldif.read(EXAMPLE), COMPANIES))
    assert [line.split("  ")[:2] for line in told] == [
        ["1001@alpha.example", "login-alpha-1001"],
        ["1005@alpha.example", "login-alpha-1005"],
        ["1006@alpha.example", "login-alpha-1006"],
        ["1001@beta.example", "login-beta-1001"],
        ["1002@beta.example", "login-beta-1002"],
        ["1003@beta.example", "login-beta-1003"],
    ]
    assert told[1].endswith("Erin Alpha, supervisor: besides them the queue support and its agents' calls")


def test_a_password_of_ones_own_is_not_told() -> None:
    own = EXAMPLE.replace("userPassword: login-alpha-1001", "userPassword: hers")
    assert next(guests(ldif.read(own), COMPANIES)).startswith("1002@alpha.example  login-alpha-1002  Bob Alpha, user")
    assert not any("hers" in line for line in guests(ldif.read(own), COMPANIES))
    assert list(guests([], COMPANIES)) == []
