"""An override's expression is searched while a caller waits: what could take for ever is refused."""

from __future__ import annotations

import pytest

from core.registry import expressions, ldif, reader

pytestmark = pytest.mark.pure

SLOW = (
    "^(1+)+$", "^(1|1)*$", "^(1?)+$", "1.*1.*1.*1.*x", "(1)\\1", "1?" * 60 + "x", "(1|1)" * 30 + "x", "1{99999999999}",
    "1{1000}", "(", "(?:" * 60, "1" * 300,
)  # fmt: skip
GOOD = (
    "^9(\\d{3})$",
    "^0[1-9]\\d*$",
    "^\\*9\\d*#?$",
    "^(?:00|\\+)49\\d+$",
    "^(110|112)$",
    "^(10|20)\\d{2,4}$",
    "^1?234$",
)


@pytest.mark.parametrize("expression", SLOW)
def test_what_could_take_for_ever_is_refused(expression: str) -> None:
    assert expressions.trouble(expression)


@pytest.mark.parametrize("expression", GOOD)
def test_what_dialplans_need_is_taken(expression: str) -> None:
    assert expressions.trouble(expression) is None


@pytest.mark.parametrize("expression", SLOW)
def test_such_an_entry_is_put_aside_and_the_others_are_read(expression: str) -> None:
    given = [
        ldif.RawEntry("harmonyDomain=a.example", {"objectclass": ["harmonyTenant"], "harmonydomain": ["a.example"]}),
        ldif.RawEntry(
            "cn=x,harmonyDomain=a.example",
            {"objectclass": ["harmonyOverride"], "cn": ["x"], "harmonyexpression": [expression]},
        ),
    ]
    entries, findings = reader.read(given)
    assert [type(one).__name__ for one in entries] == ["Tenant"]
    assert [one.dn for one in findings] == ["cn=x,harmonyDomain=a.example"]


def test_whatever_one_entry_makes_us_raise_the_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def raises(_: reader.Reader) -> None:
        raise RecursionError("too deep")

    monkeypatch.setitem(reader.CLASSES, "harmonyoverride", raises)
    test_such_an_entry_is_put_aside_and_the_others_are_read("^1$")
