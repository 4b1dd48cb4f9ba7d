"""What a person is, from the registry; and what he sees, from that."""

from pathlib import Path

import pytest

from core.reach import Reach, reach
from core.registry import ldif, reader
from core.registry.check import check
from core.registry.entries import Role
from core.registry.snapshot import Registry
from core.roles import Standing, alone, least, standing

pytestmark = pytest.mark.pure
EXAMPLE = Path(__file__).parents[2] / "rel" / "ldap" / "example.ldif"


def registry(*changes: tuple[str, str]) -> Registry:
    text = EXAMPLE.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text
        text = text.replace(old, new, 1)
    entries, findings = reader.read(ldif.read(text, "example"))
    assert not findings
    return Registry.of(entries)


def of(name: str, domain: str = "alpha.example", most: Role = "operator", *changes: tuple[str, str]) -> Standing:
    found = standing(registry(*changes), domain, name, most)
    assert found is not None
    return found


def test_who_has_no_role_is_a_user_of_his_own() -> None:
    one = of("1001")
    assert (one.role, one.user) == ("user", "1001@alpha.example")
    assert one.reach == Reach(("1001@alpha.example",))
    assert "1002@alpha.example" in one.colleagues, "of one pickup group"
    assert "1001@alpha.example" not in one.colleagues


def test_a_supervisor_has_the_agents_and_members_of_what_is_named() -> None:
    one = of("1005")
    agents = ("1003@alpha.example", "1004@alpha.example")
    assert (one.role, one.supervised) == ("supervisor", Reach(agents, ("support@alpha.example",)))
    assert one.reach == reach((*agents, "1005@alpha.example"), ["support@alpha.example"])
    named = ("harmonySupervises: support", "harmonySupervises: 2001\nharmonySupervises: nothing")
    assert of("1005", "alpha.example", "operator", named).supervised == reach(
        f"{n}@alpha.example" for n in (1002, 1003, 1004)
    )
    # Names of another company's queues lead to nothing there.
    beta = ("harmonySipPassword: secret-beta-1001", "harmonySipPassword: secret-beta-1001\nharmonyRole: supervisor")
    assert of("1001", "beta.example", "operator", beta).supervised == Reach()


def test_admins_and_operators_see_all() -> None:
    assert of("1006").role == "company-admin"
    assert of("1006").reach is None
    assert of("1003", "gamma.example").role == "operator"
    assert of("1003", "gamma.example").reach is None


@pytest.mark.parametrize(
    ("most", "role"), [("user", "user"), ("supervisor", "supervisor"), ("operator", "company-admin")]
)
def test_a_token_narrows(most: Role, role: Role) -> None:
    one = of("1006", "alpha.example", most)
    assert one.role == role
    assert (one.reach is None) == (role == "company-admin")
    assert least("operator", "user") == "user"
    assert alone("1006@alpha.example").reach == Reach(("1006@alpha.example",))


def test_who_is_gone_or_switched_off_is_nothing() -> None:
    off = ("harmonySipPassword: secret-alpha-1006", "harmonySipPassword: secret-alpha-1006\nharmonyEnabled: FALSE")
    for found in (
        standing(registry(), "alpha.example", "1999"),
        standing(registry(), "nobody.example", "1001"),
        standing(registry(off), "alpha.example", "1006"),
    ):
        assert found is None


def test_a_role_that_there_is_not_and_a_queue_that_there_is_not_are_found() -> None:
    text = EXAMPLE.read_text(encoding="utf-8").replace("harmonyRole: company-admin", "harmonyRole: boss")
    _, findings = reader.read(ldif.read(text, "example"))
    assert "harmonyRole is 'boss'" in findings[0].what
    wrong = ("harmonySupervises: support", "harmonySupervises: sorting")
    assert any("supervises sorting" in one.what for one in check(registry(wrong)))
    idle = ("harmonyRole: supervisor\nharmonySupervises: support", "harmonyRole: supervisor")
    assert any("supervises nothing" in one.what for one in check(registry(idle)))
    vain = ("harmonyRole: supervisor\n", "")
    assert any("is no supervisor" in one.what for one in check(registry(vain)))


def test_what_is_seen() -> None:
    mine = reach(["1001@alpha.example"], ["support@alpha.example"])
    assert mine.sees(["1001@alpha.example"], [])
    assert mine.sees([], ["support", "support@alpha.example"])
    assert not mine.sees(["1001", "1001@beta.example"], ["support"])
    assert not Reach().sees(["1001@alpha.example"], ["support@alpha.example"])
