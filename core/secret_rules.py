"""The table of secrets: by which words they are known, in names of headers and in running text.

Each rule has one pattern, its teller, and everything else of the rule is written around it (``TELLER`` in the
templates). So where a rule finds something its teller stands there, too: the first look of `core.redaction` searches
for all tellers at once, and cannot know less than the rules. Case never matters. Tellers are read by RE2 and by Python
alike: classes are written out, and hold no control character, so that none reaches from one header into the next.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Final

import msgspec

# What follows a name in running text: password=1234  vm-password: "1234"  "sip_auth_password":"1234"  \"token\":\"x\"
_VALUE: Final = r"""\\*["']?\s*[=:]\s*\\*(?:"((?:[^"\\]|\\.)*)|'([^']*)|([^\s,;{}\[\]()<>"'|]+))"""
# In the arguments of commands a name and its value may stand apart by a space or a slash: uuid_setvar, db, hash.
_ARGUMENT: Final = r"[ /]+([^\s/=:][^\s/]*)"
_NO_LETTER: Final = "(?<![a-z0-9])"


def _xml(name: str) -> tuple[str, str]:
    """<param name="a1-hash" value="..."/>, in either order."""
    return (
        rf"""name=["'][^"'<>]*{name}["']\s+value=["']([^"'<>]*)""",
        rf"""value=["']([^"'<>]*)["']\s+name=["'][^"'<>]*{name}["']""",
    )


class Rule(msgspec.Struct, frozen=True):
    """One kind of secret. Each group of a template is what to overwrite; a header whose name matches goes whole."""

    teller: str
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    """as texts, but in the arguments of commands alone"""
    asked: bool = False
    """whether a command that holds the teller is one that gives a secret, or answers with it"""


def _word(teller: str) -> Rule:
    """What is a secret wherever a name holds the word."""
    return Rule(
        teller,
        names=("TELLER",),
        texts=(r"TELLER[\w.-]*" + _VALUE, *_xml(r"TELLER[\w.-]*")),
        arguments=(r"[\w-]*TELLER[\w-]*" + _ARGUMENT,),
        asked=True,
    )


RULES: Final = (
    _word("pass(?:word|wd|code|phrase)"),
    _word("secret"),
    _word("a1[-_]?hash"),
    _word("nonce"),
    _word("token"),
    _word("api[-_]?key"),
    _word("vm[-_]prefs"),
    _word("crypto_key"),
    # As words of their own only: the letters stand in many others.
    Rule(
        "pin(?:[-_]?(?:number|code))?",
        names=("(?:^|[-_])TELLER$",),
        texts=(f"{_NO_LETTER}TELLER{_VALUE}", *_xml(f"{_NO_LETTER}TELLER")),
        arguments=(f"{_NO_LETTER}TELLER{_ARGUMENT}",),
    ),
    # Digests, and what proves over HTTP who asks.
    Rule("auth[-_]response", names=("TELLER$",), texts=("TELLER" + _VALUE,)),
    Rule("response[ \t]*=[ \t]*[\"']?[0-9a-f]{32}", texts=("(?=TELLER)response[ \t]*=[ \t]*[\"']?([0-9a-f]+)",)),
    Rule(
        "authorization",
        names=("TELLER$",),
        texts=(r"TELLER\\*[\"']?\s*[:=]\s*\\*[\"']?(?!digest)(?:[a-z]+[ \t]+)?([^\s\"']+)",),
    ),
    Rule("(?:basic|bearer)[ \t]+[a-z0-9+/=._~-]{4}", texts=(r"(?=TELLER)\b[a-z]+[ \t]+([a-z0-9+/=._~-]+)",)),
    Rule("inline:[a-z0-9+/=]", texts=("(?=TELLER)inline:([a-z0-9+/=]+)",)),
    # sip:user:password@host  http://user:password@host
    Rule(
        r"(?:sips?:|://)[^\x00-\x20/:@;<>,\"']*:[^\x00-\x20/@<>\"']+@",
        texts=(r"(?=TELLER)(?:sips?:|://)[^:]*:([^@]+)@",),
    ),
    # The PIN of a conference, behind its profile, or its name: 3000@default+4711  conference:3000+4711
    Rule(
        r"(?:[a-z0-9_.-]@|conference[:(])[a-z0-9_.-]+\+",
        texts=(r"TELLER(?!flags\{)([^\x00-\x20+,;'\"&|(){}@<>\[\]]+)",),
    ),
)


@cache
def compiled(rule: Rule, template: str) -> re.Pattern[bytes]:
    """Return a template with the rule's teller in its place."""
    return re.compile(template.replace("TELLER", f"(?:{rule.teller})").encode(), re.IGNORECASE)


def union(tellers: list[str]) -> bytes:
    """Return one pattern for all of them."""
    return "|".join(f"(?:{teller})" for teller in tellers).encode()
