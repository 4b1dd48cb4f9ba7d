"""Entries of the directory become entries of the registry, or findings that say why not."""

from hashlib import md5

import pytest

from core.registry import entries as e
from core.registry.ldif import RawEntry
from core.registry.reader import read

pytestmark = pytest.mark.pure
TENANT = RawEntry(
    "harmonyDomain=Alpha.example, dc=x", {"objectclass": ["harmonyTenant"], "harmonydomain": ["Alpha.example"]}
)


def entry(kind: str, **attributes: str | list[str]) -> RawEntry:
    given = {name.lower(): [value] if isinstance(value, str) else value for name, value in attributes.items()}
    return RawEntry("cn=it,ou=deep, HARMONYDOMAIN=alpha.EXAMPLE,dc=x", {"objectclass": ["top", kind], **given})


def only(raw: RawEntry) -> e.Entry:
    found, findings = read([raw, TENANT])
    assert not findings
    assert len(found) == 2
    return found[0]


def test_an_entry_belongs_to_the_company_it_stands_under() -> None:
    user = only(entry("harmonyUser", uid="1001", cn="A", harmonySipPassword="pw"))
    assert isinstance(user, e.User)
    assert user.tenant == "alpha.example"
    assert user.a1 == md5(b"1001:alpha.example:pw", usedforsecurity=False).hexdigest()


def test_values_in_the_order_of_their_numbers() -> None:
    group = only(
        entry("harmonyRingGroup", harmonyNumber="2000", harmonyMember=["{2}1003", "1009", "{10}1004", "{1}1002"])
    )
    assert isinstance(group, e.RingGroup)
    assert group.members == ("1002", "1003", "1004", "1009")


def test_a_trunk_outside_of_companies_serves_all() -> None:
    raw = RawEntry("cn=t,dc=x", {"objectclass": ["harmonyTrunk"], "cn": ["t"], "harmonyproxy": ["127.0.0.2:5060"]})
    found, findings = read([raw])
    assert not findings
    assert isinstance(found[0], e.Trunk)
    assert found[0].tenant is None


def test_a_switch_of_our_own_and_the_trunk_that_leads_to_it() -> None:
    switch = RawEntry(
        "cn=s,dc=x",
        {"objectclass": ["harmonySwitch"], "cn": ["freeswitch@pbx2"], "harmonyaddress": ["10.0.0.2", "2001:DB8::2"]},
    )
    trunk = RawEntry(
        "cn=t,dc=x",
        {
            "objectclass": ["harmonyTrunk"],
            "cn": ["two"],
            "harmonyproxy": ["10.0.0.2:5060"],
            "harmonyleadsto": ["freeswitch@pbx2"],
        },
    )
    found, findings = read([switch, trunk])
    assert not findings
    assert found[0] == e.Switch(
        dn="cn=s,dc=x", tenant=None, node="freeswitch@pbx2", addresses=("10.0.0.2", "2001:db8::2")
    )
    assert isinstance(found[1], e.Trunk)
    assert found[1].leads_to == "freeswitch@pbx2"


@pytest.mark.parametrize(
    ("raw", "says"),
    [
        (entry("harmonyUser", cn="A"), "has no uid"),
        (entry("harmonyUser", uid="10 01"), "cannot be dialled"),
        (entry("harmonyUser", uid="1001\n"), "control character"),
        (entry("harmonyUser", uid="1001", harmonySipHash="xyz"), "32 hexadecimal"),
        (entry("harmonyUser", uid="1001", harmonyForwardAlways="1002|x"), "cannot be dialled"),
        (entry("harmonyUser", uid="1001", harmonyDoNotDisturb="yes"), "not TRUE or FALSE"),
        (entry("harmonyUser", uid="1001", harmonyRingSeconds="-1"), "not a whole number"),
        (entry("harmonyPhone", harmonyMac="00", harmonyVendor="snom"), "no MAC address"),
        (entry("harmonyTrunk", cn="t", harmonyProxy="a b"), "no host"),
        (entry("harmonyDid", harmonyNumber="030", harmonyTarget="1"), "no number of the public network"),
        (entry("harmonyQueue", cn="q", harmonyNumber="1", harmonyStrategy="best"), "it can be ring-all"),
        (entry("harmonyMenu", cn="m", harmonyNumber="1", harmonyGreeting="g", harmonyChoice="x 1"), "should be digits"),
        (entry("harmonyParkLot", cn="l", harmonyFirst="59", harmonyLast="5"), "no range"),
        (entry("harmonyFeatureCode", harmonyCode="8", harmonyFeature="pickup"), "should be \\* or #"),
        (entry("harmonyOverride", cn="o", harmonyExpression="("), "no regular expression"),
        (entry("harmonyTrunk", cn="t", harmonyProxy="p", harmonyLeadsTo="pbx2"), "no Erlang node"),
        (entry("harmonySwitch", cn="freeswitch@pbx2"), "stands under a company"),
        (entry("harmonyUser", uid="1001", harmonySpeedDial="x 1"), "should be digits"),
        (RawEntry("cn=s,dc=y", {"objectclass": ["harmonySwitch"], "cn": ["pbx2"]}), "no Erlang node"),
        (
            RawEntry("cn=s,dc=y", {"objectclass": ["harmonySwitch"], "cn": ["a@b"], "harmonyaddress": ["pbx2"]}),
            "no IP address",
        ),
        (RawEntry("uid=1,dc=elsewhere", {"objectclass": ["harmonyUser"], "uid": ["1"]}), "under no company"),
    ],
)
def test_what_cannot_be_used_is_a_finding_with_its_dn(raw: RawEntry, says: str) -> None:
    found, findings = read([TENANT, raw])
    assert [type(one) for one in found] == [e.Tenant]
    (finding,) = findings
    assert finding.dn == raw.dn
    with pytest.raises(AssertionError, match=says):
        raise AssertionError(finding.what)
