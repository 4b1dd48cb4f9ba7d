"""The page of words says of each kind what its row says."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

pytestmark = pytest.mark.pure

TOP = Path(__file__).resolve().parent.parent.parent
PAGE = TOP / "docs" / "reference" / "words.md"


@pytest.fixture(scope="module")
def words() -> ModuleType:
    """scripts/words.py, which is no package."""
    sys.path.insert(0, str(TOP / "scripts"))
    try:
        spec = importlib.util.spec_from_file_location("words", TOP / "scripts" / "words.py")
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(TOP / "scripts"))
    return module


def test_the_tables_of_kinds_are_fresh(words: ModuleType) -> None:
    page = PAGE.read_text()
    assert words.refreshed(page) == page, "make them again with `make docs`"


def test_the_page_has_a_table_of_each_sort_of_kind(words: ModuleType) -> None:
    assert [found["what"] for found in words.MARKED.finditer(PAGE.read_text())] == ["segment", "offer", "transfer"]


def test_an_old_table_is_noticed(words: ModuleType) -> None:
    fresh = words.refreshed("before\n<!-- kinds offer -->\nsomething else\n<!-- end -->\nafter\n")
    assert "something else" not in fresh
    assert "| `busy` |" in fresh
    assert fresh.startswith("before\n")
    assert fresh.endswith("<!-- end -->\nafter\n")
