"""Every link of the documentation leads to something that is there."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.pure

TOP = Path(__file__).resolve().parent.parent.parent
PAGES = [TOP / "README.md", TOP / "CONTRIBUTING.md", *sorted((TOP / "docs").rglob("*.md"))]


def anchors(page: Path) -> set[str]:
    """The fragment of each heading, as forges make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(TOP)))
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        if "://" in link:
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        if fragment and target.suffix == ".md":
            assert fragment in anchors(target), f"{page.name} links to {link}, which has no such heading"


def test_every_page_is_in_the_index() -> None:
    index = (TOP / "docs" / "README.md").read_text()
    for page in PAGES:
        if page.is_relative_to(TOP / "docs") and page.name != "README.md":
            assert f"({page.relative_to(TOP / 'docs')})" in index, f"docs/README.md does not name {page.name}"
