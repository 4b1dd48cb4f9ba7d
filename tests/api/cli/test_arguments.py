"""A command line that is wrong is one sentence, which names the help of the command that was meant."""

import json
import sys

import pytest

from api.cli.main import parser
from api.errors import USAGE

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("statsu", "COMMAND: there is no 'statsu'; the nearest is status: `harmony --help`"),
        ("demo-swich", "COMMAND: there is no 'demo-swich': `harmony --help`"),
        ("status --wach", "harmony status does not know '--wach'; the nearest is --watch: `harmony status --help`"),
        ("status --watch x", "--watch: 'x' is not a number: `harmony status --help`"),
        ("events get", "harmony events get needs POSITION: `harmony events get --help`"),
        ("events get x", "POSITION: 'x' is not a whole number"),
        ("calls export --format cvs", "--format: there is no 'cvs'; the nearest is csv: `harmony calls export --help`"),
        ("tokens", "harmony tokens needs VERB: `harmony tokens --help`"),
    ],
)
def test_one_sentence(line: str, says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(line.split())
    assert ended.value.code == USAGE
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(f"harmony: {says}")
    assert told.endswith(" says what there is.")


def test_for_programs_too(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    line = ["events", "get", "x", "--json"]
    monkeypatch.setattr(sys, "argv", ["harmony", *line])
    with pytest.raises(SystemExit):
        parser().parse_args(line)
    assert json.loads(capsys.readouterr().err)["error"]["code"] == "usage"
