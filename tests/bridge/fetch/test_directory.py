"""Who may register, and with what: the directory as the switch is told."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import msgspec
import pytest

from bridge.fetch import Request, answer
from core.registry import Registry
from core.registry.entries import a1
from core.registry.snapshot import EMPTY, Company
from tests.bridge.fetch.asked import directory, nothing
from tests.core.registry.examples import EXAMPLE, example

pytestmark = pytest.mark.pure


def test_a_user_has_the_hash_and_never_the_password() -> None:
    section = directory("alpha.example", "1002", action="sip_auth", sip_auth_username="1002")
    (user,) = section.iter("user")
    params = {one.get("name"): one.get("value") for one in user.iter("param")}
    assert params["a1-hash"] == a1("1002", "alpha.example", "secret-alpha-1002")
    assert "password" not in params
    variables = {one.get("name"): one.get("value") for one in user.iter("variable")}
    assert variables["user_context"] == "alpha.example"
    assert variables["effective_caller_id_name"] == "Bob Alpha"


def test_who_has_the_password_is_whose_contact_and_call_it_is_whatever_to_and_from_say() -> None:
    """The answer is for whoever the digest names; mod_sofia books its contact on `sip-force-user`."""
    for domain, user in (("alpha.example", "1002"), ("beta.example", "1001")):
        forged = directory(domain, user, sip_auth_username=user, sip_auth_method="INVITE", sip_from_user="1004")
        variables = {one.get("name"): one.get("value") for one in forged.iter("variable")}
        assert variables["sip-force-user"] == user
        assert variables["presence_id"] == f"{user}@{domain}"


def test_a_user_may_be_kept_where_it_can_be_no_other() -> None:
    """FreeSWITCH keeps it under user and domain run together, and counts in an int of microseconds."""
    (user,) = directory("alpha.example", "1002").iter("user")
    assert user.get("cacheable") is None, "only where the settings say so"
    (user,) = kept("alpha.example").iter("user")
    assert 0 < int(user.get("cacheable") or 0) * 1000 < 2**31
    company = example().companies["beta.example"]
    tenant = msgspec.structs.replace(company.tenant, domain="lpha.example")
    registry = Registry({**example().companies, "lpha.example": Company(tenant, [])})
    (user,) = kept("alpha.example", registry).iter("user")
    assert user.get("cacheable") is None
    (user,) = kept("beta.example", registry).iter("user")
    assert user.get("cacheable") is not None


def kept(domain: str, registry: Registry | None = None) -> ET.Element:
    request = Request("directory", "domain", "name", domain, "1", {"user": "1002"})
    return ET.fromstring(answer(registry or example(), request, keep=10_000).xml)


@pytest.mark.parametrize(
    ("user", "host", "found"),
    [
        ("1002", "alpha.example", True),
        ("1002", "ALPHA.example", True),
        ("1004", "alpha.example", False),
        ("1002", "beta.example", False),
        ("1001", "beta.example", False),
        ("1002", "127.0.0.1", False),
        ("", "", False),
    ],
)
def test_who_registers_as_somebody_else_is_not_found(user: str, host: str, found: bool) -> None:
    """A contact put, and one taken away: the switch compares `To` with nothing."""
    to = {"sip_to_user": user, "sip_to_host": host}
    asked = {"user": "1002", "action": "sip_auth", "sip_auth_username": "1002", "sip_auth_realm": "alpha.example"}
    for method in ("REGISTER", "INVITE"):
        request = Request("directory", "domain", "name", "alpha.example", "1", asked | to | {"sip_auth_method": method})
        assert answer(example(), request).found is (found or method == "INVITE")


def test_no_answer_about_a_user_has_a_password_of_a_phone() -> None:
    text = EXAMPLE.read_text(encoding="utf-8")
    for domain in ("alpha.example", "beta.example", "gamma.example"):
        for user in ("1001", "1002", "1003"):
            assert "secret-" not in ET.tostring(directory(domain, user), encoding="unicode")
    assert "secret-alpha-1001" in text


def test_who_is_not_known_is_not_found() -> None:
    assert nothing(directory("alpha.example", "1099"))
    assert nothing(directory("nowhere.example", "1001"))
    assert nothing(directory("beta.example", "1004"))
    assert nothing(directory("alpha.example", "1001", EMPTY))


def test_a_domain_can_be_called_without_a_user() -> None:
    section = directory("alpha.example")
    (domain,) = section.iter("domain")
    assert domain.get("name") == "alpha.example"
    assert "dial-string" in {one.get("name") for one in domain.iter("param")}


def test_a_pickup_group_is_a_group_of_the_domain() -> None:
    section = directory("beta.example", group="sales")
    group = section.find(".//group[@name='sales']")
    assert group is not None
    assert [one.get("id") for one in group.iter("user")] == ["1001", "1002", "1003"]


def test_trunks_are_gateways_once_each_with_the_companys_name() -> None:
    section = directory("", purpose="gateways", profile="external")
    names = [one.get("name") for one in section.iter("gateway")]
    assert sorted(map(str, names)) == ["beta-own.beta.example", "trunk-a", "trunk-b"]
    params = {one.get("name"): one.get("value") for one in next(section.iter("gateway")).iter("param")}
    assert {"proxy", "realm", "register", "username", "password"} <= params.keys()
