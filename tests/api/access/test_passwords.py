"""Passwords of an LDIF registry, in the forms in which slapd keeps them."""

import base64
import hashlib

import pytest

from api.access.passwords import matches

pytestmark = pytest.mark.pure
WORD = "grün und geheim"


def kept(scheme: str, name: str, salt: bytes = b"") -> str:
    return f"{{{scheme}}}{base64.b64encode(hashlib.new(name, WORD.encode() + salt).digest() + salt).decode()}"


@pytest.mark.parametrize(
    "form",
    [
        WORD,
        kept("SHA", "sha1"),
        kept("SSHA", "sha1", b"salt"),
        kept("ssha", "sha1", b"12345678"),
        kept("SSHA256", "sha256", b"salt"),
        kept("SSHA512", "sha512", b"0123456789abcdef"),
    ],
)
def test_the_right_one_and_no_other(form: str) -> None:
    assert matches(WORD, [form])
    assert matches(WORD, ["other", form])
    for wrong in ("", "x", WORD + " ", WORD[:-1], form if form != WORD else "no", "\udcff"):
        assert not matches(wrong, [form])


def test_what_slappasswd_made() -> None:
    """`slappasswd -s secret`"""
    assert matches("secret", ["{SSHA}0c0blFTXXNuAMHECS4uxrj3ZieMoWImr"]) is False
    made = "{SSHA}" + base64.b64encode(hashlib.sha1(b"secretabcd", usedforsecurity=False).digest() + b"abcd").decode()
    assert matches("secret", [made])


@pytest.mark.parametrize(
    "form", ["{CRYPT}$6$x$y", "{SSHA}", "{SSHA}no base64!", "{SHA}AAAA", "{ARGON2}x", kept("SHA", "sha1", b"salt"), ""]
)
def test_forms_that_let_nobody_in(form: str) -> None:
    assert not matches(WORD, [form])
    assert not matches("", [form])
    assert not matches(WORD, [])
