"""Every code that the source can say stands in the page of error codes."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure
TOP = Path(__file__).resolve().parents[2]
SAID = re.compile(
    r"""^\s+code(?:: \w+)? = "(?P<of_a_class>[^"]+)"$"""
    r"""|\bProblem\(\s*(?:\d{3},\s*)?"(?P<of_the_server>[^"]+)\""""
    r"""|\bMalformedEvent\(\s*"(?P<of_an_event>[^"]+)\"""",
    re.MULTILINE,
)


def test_every_code_is_explained() -> None:
    page = (TOP / "docs" / "reference" / "errors.md").read_text()
    missing = {
        f"{path.relative_to(TOP)}: {code}"
        for package in ("core", "bridge", "projections", "api")
        for path in (TOP / package).rglob("*.py")
        for found in SAID.finditer(path.read_text())
        if f"`{(code := next(filter(None, found.groups())))}`" not in page
    }
    assert not missing, "`make docs` writes the page; still missing there: " + ", ".join(sorted(missing))
