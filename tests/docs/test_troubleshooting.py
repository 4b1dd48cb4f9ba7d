"""The sentences that the troubleshooting page explains are those that the program prints."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure

TOP = Path(__file__).resolve().parent.parent.parent
PAGE = (TOP / "docs" / "troubleshooting.md").read_text()
SENTENCES = [
    line for line in re.findall(r"^### (.*)$", PAGE, flags=re.MULTILINE) if not line.startswith("The page says")
]


def texts(tree: ast.AST) -> Iterator[str]:
    """Every text of a module, with ``…`` where something is filled in; strings that stand side by side are one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@cache
def printed() -> set[str]:
    """Every text of the program."""
    files = [file for package in ("core", "bridge", "projections", "api") for file in (TOP / package).rglob("*.py")]
    return {text for file in files for text in texts(ast.parse(file.read_text()))}


def test_the_page_has_sentences() -> None:
    assert len(SENTENCES) > 20


@pytest.mark.parametrize("sentence", SENTENCES)
def test_the_program_prints_it(sentence: str) -> None:
    assert any(sentence in text for text in printed()), f"nothing prints: {sentence}"
