"""The units of systemd start commands that exist, each with the data directory of its state directory."""

import configparser
from pathlib import Path

import pytest

from api.cli.main import parser
from api.http.door.bounds import RESERVE
from core.settings import Settings

pytestmark = pytest.mark.pure

UNITS = sorted((Path(__file__).resolve().parent.parent.parent / "rel" / "systemd").glob("*.service"))


def service(unit: Path) -> dict[str, str]:
    """The [Service] section of a unit; of a repeated key the last."""
    config = configparser.ConfigParser(strict=False, interpolation=None, delimiters=("=",))
    config.optionxform = str  # type: ignore[assignment,method-assign]
    config.read(unit)
    return dict(config["Service"])


def test_there_are_units() -> None:
    assert {unit.stem for unit in UNITS} == {
        "harmony",
        "harmony-bridge",
        "harmony-deliver",
        "harmony-project",
        "harmony-serve",
    }


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_starts_a_command_of_harmony(unit: Path) -> None:
    program, *arguments = service(unit)["ExecStart"].split()
    assert program.endswith("/.venv/bin/harmony")
    assert callable(parser().parse_args(arguments).run)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_a_unit_may_write_where_its_data_is(unit: Path) -> None:
    settings = service(unit)
    assert settings["ProtectSystem"] == "strict"
    assert settings["Environment"] == f"HARMONY_DATA=/var/lib/{settings['StateDirectory']}"


@pytest.mark.parametrize("unit", ["harmony", "harmony-serve"])
def test_a_unit_that_serves_may_open_as_many_files_as_the_usual_connections_take(unit: str) -> None:
    (found,) = (one for one in UNITS if one.stem == unit)
    assert int(service(found)["LimitNOFILE"]) >= Settings().http_connections + RESERVE
