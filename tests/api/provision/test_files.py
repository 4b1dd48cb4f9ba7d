"""The files of each vendor: well-formed whatever the registry holds, and never anything of anybody else."""

import re
from xml.etree import ElementTree as ET

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.provision.files import File, file_of, normal, phone_file
from api.provision.lines import password_fits, settings
from core.registry import Registry
from core.registry import entries as e
from tests.core.registry.examples import example

pytestmark = pytest.mark.pure
ADDRESS = "https://harmony.example.com/provision/the-next-secret/"
NAMES = {
    "yealink": ["{mac}.cfg"],
    "snom": ["{mac}.xml", "snomD785-{MAC}.htm"],
    "grandstream": ["cfg{mac}.xml"],
    "polycom": ["{mac}.cfg", "{mac}-phone.cfg", "000000000000.cfg"],
}


def files(phone: e.Phone) -> list[File]:
    found = []
    for name in NAMES[phone.vendor]:
        asked = phone_file(name.format(mac=phone.mac, MAC=phone.mac.upper()))
        assert asked is not None
        assert asked.mac in (phone.mac, None)
        file = file_of(phone, asked.form)
        assert file is not None, name
        found.append(file)
    return found


def contents(registry: Registry, phone: e.Phone) -> list[bytes]:
    told = settings(registry, phone, ADDRESS)
    assert told is not None
    return [file.make(told) for file in files(phone)]


def values(phone: e.Phone, content: bytes) -> dict[str, str]:
    """The settings in a file, read as a phone reads them."""
    if phone.vendor == "yealink":
        first, *lines = content.decode().splitlines()
        assert first == "#!version:1.0.0.1"
        pairs = [line.split(" = ", 1) for line in lines]
        assert all(len(pair) == 2 for pair in pairs), lines
        return {pair[0]: pair[1] for pair in pairs}
    root = ET.fromstring(content)
    if phone.vendor == "polycom":
        return {name: value for part in root.iter() for name, value in part.attrib.items()}
    return {one.tag + one.get("idx", ""): one.text or "" for one in root.iter() if len(one) == 0}


KEYS = {
    "yealink": ("account.1.user_name", "account.1.password", "account.1.sip_server.1.address", "account.1.label"),
    "snom": ("user_name1", "user_pass1", "user_host1", "user_realname1"),
    "grandstream": ("P35", "P34", "P47", "P3"),
    "polycom": ("reg.1.address", "reg.1.auth.password", "reg.1.server.1.address", "reg.1.displayName"),
}


@pytest.mark.parametrize("mac", ["001565aa0001", "000413aa0002", "c074adaa0003", "64167faa0004"])
def test_a_phone_is_told_its_account_and_where_to_ask_next(mac: str) -> None:
    phone = example().phone(mac)
    assert phone is not None
    (number,) = phone.lines
    told = [values(phone, content) for content in contents(example(), phone)]
    whole = next(one for one in told if KEYS[phone.vendor][0] in one)
    person = example().user("alpha.example", number)
    assert person is not None
    account = [whole[key] for key in KEYS[phone.vendor]]
    assert account == [number, f"secret-alpha-{number}", "alpha.example", person.name]
    assert "*97" in whole.values()
    assert any("harmony.example.com/provision/the-next-secret" in value for value in whole.values())


def test_polycom_is_led_on() -> None:
    phone = example().phone("64167faa0004")
    assert phone is not None
    first, _, common = contents(example(), phone)
    assert values(phone, first)["CONFIG_FILES"] == "64167faa0004-phone.cfg"
    assert first == common
    assert b"secret" not in first


def test_a_phone_gets_its_own_credentials_and_nothing_of_anybody_else() -> None:
    """Every phone of both companies, with the same users and MACs that differ: only the passwords of its own lines."""
    secrets = {
        (company.domain, user.user): secret
        for company in example().companies.values()
        for user in company.users.values()
        for secret in (user.password, user.voicemail_pin)
        if secret
    }
    phones = [phone for company in example().companies.values() for phone in company.phones.values()]
    assert {phone.tenant for phone in phones} == {"alpha.example", "beta.example"}
    for phone in phones:
        whole = b"".join(contents(example(), phone)).decode()
        own = {example().companies[phone.tenant].users[line].password for line in phone.lines}
        for (domain, user), secret in secrets.items():
            assert (secret in whole) == (secret in own), (phone.mac, domain, user)
        others = set(example().companies) - {phone.tenant}
        assert not [domain for domain in others if domain in whole]


anything = st.text(max_size=40)
NASTY = ["a\naccount.1.password = stolen", 'a"><x y="', "a]]>&lt;", "\u2028x", "a\r\n\r\n", "\x00\x1b[2J", "  ", "#!x"]
names = anything | st.sampled_from(NASTY)


@given(vendor=st.sampled_from(sorted(NAMES)), name=names, password=names, code=names, other=names, zone=names)
def test_no_text_of_the_registry_breaks_a_file(
    vendor: str, name: str, password: str, code: str, other: str, zone: str
) -> None:
    tenant = e.Tenant(domain="alpha.example", name="A", time_zone=zone)
    mine = e.User(tenant="alpha.example", user="1001", name=name, password=password)
    theirs = e.User(tenant="alpha.example", user="1002", name=other, password="not for this phone")
    codes = [e.FeatureCode(tenant="alpha.example", code="*97", feature="voicemail")]
    phone = e.Phone(tenant="alpha.example", mac="001565aa0001", vendor=vendor, lines=("1001", "9999"))
    registry = Registry.of([tenant, mine, theirs, phone, *codes])
    told = [values(phone, content) for content in contents(registry, phone)]
    whole = max(told, key=len)
    has = KEYS[vendor][1] in whole
    assert has == password_fits(password)
    if has:
        assert whole[KEYS[vendor][1]] == password
        assert whole[KEYS[vendor][0]] == "1001"
    plain = msgspec.structs.replace(mine, name="Alice", password="a password" if has else None)
    as_usual = [values(phone, c) for c in contents(Registry.of([tenant, plain, theirs, phone, *codes]), phone)]
    assert [one.keys() for one in told] == [one.keys() for one in as_usual]
    assert "not for this phone" not in str(told)


@pytest.mark.parametrize(
    "written",
    ["001565AA0001", "00:15:65:aa:00:01", "00-15-65-AA-00-01", "0015.65aa.0001", "001565aa0001"],
)
def test_a_mac_in_any_writing(written: str) -> None:
    assert normal(written) == "001565aa0001"
    asked = [
        phone_file(name.format(written)) for name in ("{}.cfg", "{}-phone.cfg", "{}.xml", "cfg{}.xml", "snom320-{}.htm")
    ]
    assert {one.mac if one is not None else None for one in asked} == {"001565aa0001"}


@pytest.mark.parametrize("name", ["", ".cfg", "001565aa000.cfg", "../001565aa0001.cfg", "y000000000028.cfg", "x.xml"])
def test_other_names_are_no_files(name: str) -> None:
    assert phone_file(name) is None


@given(st.text(max_size=60))
def test_any_name_is_a_file_or_none(name: str) -> None:
    found = phone_file(name)
    assert found is None or found.mac is None or re.fullmatch("[0-9a-f]{12}", found.mac)
