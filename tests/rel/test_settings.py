"""The settings file that a site starts from is one that Harmony takes, and agrees with the switch's configuration."""

from pathlib import Path

import pytest

from core.settings import load
from tests.rel.test_switch_configuration import parameters

pytestmark = pytest.mark.pure

REL = Path(__file__).resolve().parent.parent.parent / "rel"


def test_settings_and_switch_agree() -> None:
    settings = load({}, REL / "harmony.toml")
    switch = parameters("freeswitch/autoload_configs/erlang_event.conf.xml")
    assert [one.node for one in settings.switches] == [switch["nodename"]]
    assert settings.cookie == switch["cookie"]
    assert settings.encoding == switch["encoding"]


def test_the_environment_file_names_settings() -> None:
    lines = (REL / "systemd" / "environment").read_text().splitlines()
    given = dict(line.lstrip("#").split("=", 1) for line in lines if line.lstrip("#").startswith("HARMONY_"))
    assert set(given) == {"HARMONY_DATA", "HARMONY_DSN", "HARMONY_COOKIE"}
    assert load(given).dsn == "postgresql:///harmony"
