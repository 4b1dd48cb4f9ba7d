"""The registry answers by company, and a change leaves the other companies as they are."""

import msgspec
import pytest

from core.registry import Entry, Registry
from core.registry import entries as e
from tests.core.registry.examples import example

pytestmark = pytest.mark.pure


def everything(registry: Registry) -> list[Entry]:
    return [
        *registry.shared_trunks,
        *(one for company in registry.companies.values() for one in (company.tenant, *company.entries)),
    ]


def test_the_same_number_is_another_person_in_each_company() -> None:
    found = {domain: example().user(domain, "1001") for domain in ("alpha.example", "beta.example", "gamma.example")}
    assert {domain: user.name for domain, user in found.items() if user} == {
        "alpha.example": "Alice Alpha",
        "beta.example": "Alice Beta",
        "gamma.example": "Alice Gamma",
    }
    assert len({user.a1 for user in found.values() if user}) == 3


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("1001", e.User),
        ("2000", e.RingGroup),
        ("4000", e.Queue),
        ("5000", e.Menu),
        ("3001", e.Conference),
        ("5999", e.ParkLot),
    ],
)
def test_a_number_leads_to_what_it_is(number: str, kind: type) -> None:
    company = example().company("alpha.example")
    assert company is not None
    assert isinstance(company.destination(number), kind)
    assert company.destination("6000") is None
    assert company.destination("059") is None


def test_the_longest_feature_code_wins() -> None:
    company = example().company("alpha.example")
    assert company is not None
    found = company.feature("*80")
    assert found is not None
    assert (found[0].feature, found[1]) == ("group-pickup", "")
    found = company.feature("*81002")
    assert found is not None
    assert (found[0].feature, found[1]) == ("pickup", "1002")
    assert company.feature("1002") is None


def test_the_lines_of_a_company_come_before_those_for_all() -> None:
    assert [trunk.name for trunk in example().trunks("beta.example")] == ["beta-own", "trunk-a", "trunk-b"]
    assert [trunk.name for trunk in example().trunks("alpha.example")] == ["trunk-a", "trunk-b"]


def test_a_company_that_is_switched_off_is_not_there() -> None:
    off = [
        msgspec.structs.replace(one, enabled=False)
        if isinstance(one, e.Tenant) and one.domain == "alpha.example"
        else one
        for one in everything(example())
    ]
    registry = Registry.of(off)
    assert registry.company("alpha.example") is None
    assert registry.user("alpha.example", "1001") is None
    assert registry.did("+493055540") is None
    assert registry.user("beta.example", "1001") is not None


def test_a_change_leaves_the_others_as_they_are() -> None:
    before = example()
    changed = [
        msgspec.structs.replace(one, do_not_disturb=True)
        if isinstance(one, e.User) and (one.tenant, one.user) == ("alpha.example", "1002")
        else one
        for one in everything(before)
    ]
    after = Registry.of(changed, before)
    assert after.version == before.version + 1
    assert after.companies["beta.example"] is before.companies["beta.example"]
    assert after.companies["alpha.example"] is not before.companies["alpha.example"]
    user = after.user("alpha.example", "1002")
    assert user is not None
    assert user.do_not_disturb
