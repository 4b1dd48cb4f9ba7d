"""Whose a leg is: evidence decides, strongest first; what two companies may have in common decides nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tenancy import Evidence, company_of, tenant_of

pytestmark = pytest.mark.pure
A, B = "alpha.example", "beta.example"


@pytest.mark.parametrize(
    ("leg", "bridged", "tenant"),
    [
        (Evidence(), [], None),
        (Evidence(user=f"1001@{A}"), [], A),
        (Evidence(user=f"1001@{A}", domain=B, context=B), [Evidence(user=f"1002@{B}")], A),  # who calls decides
        (Evidence(user="1001"), [], None),
        (Evidence(user="1001", domain=A), [], A),
        (Evidence(company=A, domain=B, context="public"), [], A),  # the company whose number was called
        (Evidence(domain=A, context="public"), [], A),
        (Evidence(dialled=f"1002@{A}"), [], A),
        (Evidence(dialled="1002"), [], None),
        (Evidence(context="public"), [Evidence(user=f"1002@{A}")], A),
        (Evidence(context="public"), [Evidence(), Evidence(domain=B), Evidence(user=f"1@{A}")], B),
        (Evidence(context=A), [Evidence(user=f"1002@{B}")], B),  # a leg that it talks with says more than a context
        (Evidence(context=A), [], A),
        (Evidence(context="public"), [Evidence(context=A)], None),
        (Evidence(context="default"), [], None),
        (Evidence(user="1001@10.0.0.5", domain="10.0.0.5", context="10.0.0.5"), [], None),  # an address is nobody
        (Evidence(user="1001@[fd00::1]"), [], None),
        (Evidence(user="1001@ALPHA.example"), [], A),
        (Evidence(domain="office"), [], "office"),
        (Evidence(trunk=f"trunk-a.{A}"), [], None),  # any provider's name may look so
    ],
)
def test_evidence_decides(leg: Evidence, bridged: list[Evidence], tenant: str | None) -> None:
    assert tenant_of(leg, bridged) == tenant


def test_where_the_companies_are_known_no_other_counts() -> None:
    known = {A}
    assert tenant_of(Evidence(trunk=f"trunk-a.{A}"), companies=known) == A
    assert tenant_of(Evidence(context="public"), [Evidence(trunk=f"trunk-a.{A}")], companies=known) == A
    assert tenant_of(Evidence(trunk="sip.provider.com"), companies=known) is None
    assert tenant_of(Evidence(user=f"1001@{B}", domain=A), companies=known) == A
    assert tenant_of(Evidence(context=B), companies=known) is None


@pytest.mark.parametrize(
    ("names", "company"),
    [
        ((f"1001@{A}",), A),
        ((None, "", f"support@{B}"), B),
        ((A,), A),
        (("192.168.1.2", "1@192.168.1.2", "x@y:5060"), None),
        (("a@b@beta.example",), B),
    ],
)
def test_names_with_a_domain(names: tuple[str | None, ...], company: str | None) -> None:
    assert company_of(*names) == company


NAMES = st.one_of(st.none(), st.text(max_size=12), st.sampled_from([A, B, f"1001@{A}", f"1001@{B}", "public", "1001"]))
LEGS = st.builds(
    Evidence,
    user=NAMES,
    company=NAMES.map(lambda name: name or ""),
    domain=NAMES.map(lambda name: name or ""),
    dialled=NAMES.map(lambda name: name or ""),
    trunk=NAMES.map(lambda name: name or ""),
    context=NAMES.map(lambda name: name or ""),
)


@given(LEGS, st.lists(LEGS, max_size=3))
def test_nothing_is_made_up(leg: Evidence, bridged: list[Evidence]) -> None:
    """The answer stands in the evidence, and is a company that there is where that is known."""
    said = " ".join(
        name or ""
        for one in (leg, *bridged)
        for name in (one.user, one.company, one.domain, one.dialled, one.trunk, one.context)
    ).lower()
    found = tenant_of(leg, bridged)
    assert found is None or found in said
    assert tenant_of(leg, bridged, companies={A}) in (None, A)
    assert tenant_of(leg, bridged, companies=()) is None
