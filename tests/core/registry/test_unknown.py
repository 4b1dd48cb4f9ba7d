"""A misspelt name in the registry is found, with what was probably meant."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from core.registry import ldif
from core.registry.unknown import ATTRIBUTES, unknown

pytestmark = pytest.mark.pure
LDAP = Path(__file__).parents[3] / "rel" / "ldap"


def test_the_names_are_those_of_the_schema() -> None:
    found = re.findall(r"attributetype \( \S+ NAME '(\w+)'", (LDAP / "harmony.schema").read_text(encoding="utf-8"))
    assert sorted(ATTRIBUTES) == sorted(found)


def test_the_example_has_no_unknown_name() -> None:
    assert not list(unknown(ldif.read((LDAP / "example.ldif").read_text(encoding="utf-8"))))


def test_a_misspelt_name_is_found_with_what_was_meant() -> None:
    (entry,) = ldif.read("dn: uid=1001\nobjectClass: harmonyUsr\nuid: 1001\nharmonyForwardAllways: 1002\n")
    first, second = unknown([entry])
    assert first.what == "Harmony knows no attribute harmonyforwardallways: the nearest is harmonyForwardAlways."
    assert second.what == "Harmony knows no object class harmonyUsr: the nearest is harmonyuser."
