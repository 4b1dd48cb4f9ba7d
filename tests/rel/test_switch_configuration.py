"""The configuration that a site puts on its switches says what the bridge needs."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

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
