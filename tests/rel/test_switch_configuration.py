"""The configuration that a site puts on its switches says what the bridge needs."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from bridge.fetch.standing import profiles

pytestmark = pytest.mark.pure

REL = Path(__file__).resolve().parent.parent.parent / "rel"


def parameters(name: str) -> dict[str, str]:
    """The <param> elements of a configuration file."""
    return {param.attrib["name"]: param.attrib["value"] for param in ElementTree.parse(REL / name).iter("param")}


def test_events_are_sent_in_bulk() -> None:
    settings = parameters("freeswitch/autoload_configs/erlang_event.conf.xml")
    assert int(settings["max-event-bulk"]) >= 100


def test_the_node_has_a_whole_name_and_stays_on_this_host() -> None:
    settings = parameters("freeswitch/autoload_configs/erlang_event.conf.xml")
    assert settings["nodename"].count("@") == 1
    assert settings["listen-ip"] == "127.0.0.1"
    assert settings["cookie"] != "ClueCon"


def test_profiles_fire_transfer_events() -> None:
    assert parameters("freeswitch/sip_profile_params.xml")["fire-transfer-events"] == "true"


def test_gateways_of_the_registry_are_loaded_by_the_trunks_profile_alone() -> None:
    texts = [
        (REL / "freeswitch/sip_profiles" / f"registry_{name}.xml").read_text() for name in ("external", "internal")
    ]
    assert [profiles(f"<profiles>{text}</profiles>") for text in texts] == [("external",), ()]


def test_phones_must_say_who_they_are() -> None:
    internal = parameters("freeswitch/sip_profiles/registry_internal.xml")
    assert internal["auth-calls"] == "true"
    assert internal["context"] == "public"
    assert not internal.keys() & {"force-register-domain", "accept-blind-auth", "accept-blind-reg", "apply-inbound-acl"}
    assert parameters("freeswitch/sip_profiles/registry_external.xml")["disable-register"] == "true"


def test_a_users_phones_do_not_throw_each_other_out() -> None:
    assert parameters("freeswitch/sip_profiles/registry_internal.xml")["multiple-registrations"] == "contact"


@pytest.mark.parametrize("path", sorted((REL / "freeswitch").rglob("*.xml")), ids=lambda path: path.name)
def test_every_file_is_well_formed(path: Path) -> None:
    assert ElementTree.parse(path).getroot().tag in {"configuration", "include", "profile"}
