"""Each fault that can be put into a registry is found, with the DN of the entry; the example has none."""

import pytest

from core.registry import Registry, ldif, reader
from core.registry.check import check
from tests.core.registry.examples import EXAMPLE

pytestmark = pytest.mark.pure
ALPHA = "harmonyDomain=alpha.example,dc=telephony"
TEXT = EXAMPLE.read_text(encoding="utf-8")


def found(text: str) -> set[tuple[str, str]]:
    entries, findings = reader.read(ldif.read(text))
    assert not findings
    return {(one.code, one.dn.split(",")[0]) for one in check(Registry.of(entries), entries)}


def changed(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


def added(rdn: str, *lines: str) -> str:
    return TEXT + "\n".join(["", f"dn: {rdn},{ALPHA}", *lines]) + "\n"


def test_the_example_is_without_fault() -> None:
    assert found(TEXT) == set()


@pytest.mark.parametrize(
    ("text", "code", "rdn"),
    [
        (changed("harmonySipPassword: secret-alpha-1003\n", ""), "registry.no-password", "uid=1003"),
        (changed("secret-alpha-1003", "1234"), "registry.short-password", "uid=1003"),
        (changed("harmonyVoicemailPin: 10037\n", ""), "registry.no-pin", "uid=1003"),
        (changed("harmonyMember: {1}1002", "harmonyMember: {1}1099"), "registry.dangling", "harmonyNumber=2000"),
        (changed("harmonyChoice: {1}1 1001", "harmonyChoice: {1}1 1099"), "registry.dangling", "cn=main"),
        (changed("harmonyLine: {1}1001", "harmonyLine: {1}1099"), "registry.dangling", "harmonyMac=00:15:65:aa:00:01"),
        (changed("harmonyFallback: 1001", "harmonyFallback: 17"), "registry.dangling", "harmonyNumber=2001"),
        (
            added("uid=1077,ou=queues", "objectClass: harmonyAgent", "uid: 1077", "harmonyQueue: support"),
            "registry.dangling",
            "uid=1077",
        ),
        (
            added(
                "harmonyNumber=1001,ou=x", "objectClass: harmonyRingGroup", "harmonyNumber: 1001", "harmonyMember: 1002"
            ),
            "registry.collision",
            "harmonyNumber=1001",
        ),
        (
            added(
                "harmonyNumber=\\2B44205550140,ou=x",
                "objectClass: harmonyDid",
                "harmonyNumber: +44205550140",
                "harmonyTarget: 1001",
            ),
            "registry.twice",
            None,
        ),
        (
            changed("harmonyVoicemailPin: 10017\n", "harmonyVoicemailPin: 10017\nharmonyForwardAlways: 1001\n"),
            "registry.forward-loop",
            "uid=1001",
        ),
        (
            added(
                "uid=5950,ou=users",
                "objectClass: harmonyUser",
                "uid: 5950",
                "cn: P",
                "harmonySipPassword: something",
                "harmonyVoicemail: FALSE",
            ),
            "registry.collision",
            "cn=lot",
        ),
        (
            added(
                "uid=112,ou=users",
                "objectClass: harmonyUser",
                "uid: 112",
                "cn: P",
                "harmonySipPassword: something",
                "harmonyVoicemail: FALSE",
            ),
            "registry.collision",
            "uid=112",
        ),
    ],
)
def test_a_fault_is_found(text: str, code: str, rdn: str | None) -> None:
    faults = found(text)
    assert {one for one, _ in faults} == {code}
    assert rdn is None or (code, rdn) in faults


TRUNK = "harmonyProxy: 127.0.0.2:5060\n"


def _switch(node: str, *lines: str) -> str:
    return "\n".join(["", f"dn: cn={node},dc=telephony", "objectClass: harmonySwitch", f"cn: {node}", *lines]) + "\n"


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        (changed(TRUNK, f"{TRUNK}harmonyLeadsTo: fs@two\n"), {("registry.dangling", "cn=trunk-a")}),
        (TEXT + _switch("fs@two"), {("registry.no-address", "cn=fs@two")}),
        (
            TEXT + _switch("fs@one", "harmonyAddress: 10.0.0.1") + _switch("fs@two", "harmonyAddress: 10.0.0.1"),
            {("registry.collision", "cn=fs@two")},
        ),
        (changed(TRUNK, f"{TRUNK}harmonyLeadsTo: fs@two\n") + _switch("fs@two", "harmonyAddress: 127.0.0.2"), set()),
    ],
    ids=["a trunk to a switch that is none", "no address", "one address of two", "as it should be"],
)
def test_switches_of_our_own(text: str, faults: set[tuple[str, str]]) -> None:
    assert found(text) == faults


@pytest.mark.parametrize(
    ("line", "faults"),
    [
        ("7 01701234567", set()),
        ("7 99", {("registry.dangling", "uid=1001")}),
        ("1002 01701234567", {("registry.collision", "uid=1001")}),
    ],
)
def test_speed_dials(line: str, faults: set[tuple[str, str]]) -> None:
    pin = "harmonyVoicemailPin: 10017\n"
    assert found(changed(pin, f"{pin}harmonySpeedDial: {line}\n")) == faults


def test_a_company_without_a_line_is_found() -> None:
    text = "\n\n".join(block for block in TEXT.split("\n\n") if "harmonyTrunk" not in block)
    assert {code for code, _ in found(text)} == {"registry.no-trunk"}
