"""XML as FreeSWITCH reads it: elements with attributes, no text. Everything is escaped, nothing is parsed.

FreeSWITCH's reader (switch_xml.c) is not a full XML parser: it knows the five named entities and numeric ones. A
character that XML cannot hold is left out.
"""

from __future__ import annotations

import re
from typing import Final

_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ENTITIES: Final = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&apos;", "\n": "&#10;", "\r": "&#13;"}
_SPECIAL: Final = re.compile("[&<>\"'\n\r]")
NOT_FOUND: Final = (
    '<?xml version="1.0"?><document type="freeswitch/xml"><section name="result">'
    '<result status="not found"/></section></document>'
)
"""what makes the switch go on with its own files (mod_xml_curl's answer too)"""


def escaped(value: str) -> str:
    """Return a text as it may stand in an attribute."""
    return _SPECIAL.sub(lambda match: _ENTITIES[match[0]], _FORBIDDEN.sub("", value))


def element(tag: str, /, *content: str, **attributes: str | int | None) -> str:
    """Return an element; an attribute that is None is left out, `_` in a name stands for `-`."""
    given = "".join(
        f' {key.replace("_", "-")}="{escaped(str(value))}"' for key, value in attributes.items() if value is not None
    )
    return f"<{tag}{given}>{''.join(content)}</{tag}>" if content else f"<{tag}{given}/>"


def param(name: str, value: str | int) -> str:
    """Return `<param name= value=/>`."""
    return element("param", name=name, value=value)


def variable(name: str, value: str | int) -> str:
    """Return `<variable name= value=/>`."""
    return element("variable", name=name, value=value)


def document(section: str, *content: str) -> str:
    """Return a whole document with one section."""
    inner = element("section", *content, name=section)
    return '<?xml version="1.0"?>' + element("document", inner, type="freeswitch/xml")
