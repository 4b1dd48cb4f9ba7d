"""The example companies of rel/ldap, for tests."""

from functools import cache
from pathlib import Path

from core.registry import Registry, ldif, reader

EXAMPLE = Path(__file__).resolve().parents[3] / "rel" / "ldap" / "example.ldif"


@cache
def example() -> Registry:
    """alpha.example, beta.example and gamma.example."""
    entries, findings = reader.read(ldif.read(EXAMPLE.read_text(encoding="utf-8")))
    assert not findings
    return Registry.of(entries)
