"""The ladders in the documentation are those that the recorded calls give today."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from tests.projections.callflow.folding import NAMES

pytestmark = pytest.mark.pure

TOP = Path(__file__).resolve().parent.parent.parent
PAGE = TOP / "docs" / "explanation" / "what-one-call-is.md"


@pytest.fixture(scope="module")
def ladders() -> ModuleType:
    """scripts/ladders.py, which is no package."""
    spec = importlib.util.spec_from_file_location("ladders", TOP / "scripts" / "ladders.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_ladders_are_fresh(ladders: ModuleType) -> None:
    page = PAGE.read_text()
    assert ladders.refreshed(page) == page, "draw them again with `make docs`"


def test_an_old_ladder_is_noticed(ladders: ModuleType) -> None:
    marked = "before\n<!-- ladder 01-answered-caller-hangs-up -->\nsome other call\n<!-- end -->\nafter\n"
    fresh = ladders.refreshed(marked)
    assert "some other call" not in fresh
    assert "talk: 1001, 1002" in fresh
    assert fresh.startswith("before\n<!-- ladder 01-answered-caller-hangs-up -->\n```text\nCall ")
    assert fresh.endswith("\n```\n<!-- end -->\nafter\n")
    assert ladders.refreshed(fresh) == fresh


def test_every_marker_has_its_end_and_its_capture() -> None:
    page = PAGE.read_text()
    names = re.findall(r"<!-- ladder (\S+)[^>]* -->", page)
    assert len(names) == page.count("<!-- end -->") == page.count("```text")
    assert set(names) <= set(NAMES)
