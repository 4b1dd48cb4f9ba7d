"""Text from outside made harmless for a terminal, and measured in terminal columns.

Callers choose their own names: newlines, escape sequences and right-to-left overrides arrive as they were sent. Nothing
of that reaches a terminal. Escaping for HTML is the page's (it only ever sets text, never markup).
"""

import json
import re
import unicodedata

_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\\": "\\\\"}
_HIDDEN = {
    "Cc",
    "Cf",
    "Cs",
    "Co",
    "Cn",
    "Zl",
    "Zp",
}  # controls, formats (bidi overrides), surrogates, unassigned, line breaks


_PLAIN = re.compile(r"[ -~\n]*")
_OURS = re.compile("(\x1b\\[(?:0|1|2|31|32|33)m)")
"""what `api.cli.console.paint` writes"""


def harmless(text: object) -> str:
    """One line that a terminal shows and does not obey: whatever steers is written as an escape."""
    return "".join(_harmless(c) for c in str(text))


def _harmless(char: str) -> str:
    return _SHORT[char] if char in _SHORT else _steady(char)


def _steady(char: str) -> str:
    if " " <= char <= "~":
        return char
    if unicodedata.category(char) in _HIDDEN:
        code = ord(char)
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
    return char


def steady(text: str) -> str:
    """Lines that a terminal shows and does not obey; the colours that Harmony itself paints with stay.

    The last door before a terminal: what went through `harmless` passes as it is.
    """
    if _PLAIN.fullmatch(text):
        return text
    pieces = _OURS.split(text)
    return "".join(
        piece if n % 2 else "".join(c if c == "\n" else _steady(c) for c in piece) for n, piece in enumerate(pieces)
    )


def steady_json(text: str) -> str:
    """JSON for a terminal: the same document, with what would steer the terminal as escapes of JSON."""
    if _PLAIN.fullmatch(text):
        return text
    return "".join(_json_steady(c) for c in text)


def _json_steady(char: str) -> str:
    if " " <= char <= "~" or char == "\n" or unicodedata.category(char) not in _HIDDEN:
        return char
    return "\\u007f" if char == "\x7f" else json.dumps(char)[1:-1]


def width(text: str) -> int:
    """Columns that a terminal gives to `text` (already harmless)."""
    return sum(_columns(c) for c in text)


def _columns(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in {"Mn", "Me"}:
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def clip(text: str, columns: int, ellipsis: str = "…") -> str:
    """`text` cut to at most `columns` terminal columns; a cut is shown."""
    if width(text) <= columns:
        return text
    room = columns - width(ellipsis)
    kept, used = [], 0
    for char in text:
        used += _columns(char)
        if used > room:
            break
        kept.append(char)
    return "".join(kept) + ellipsis if room >= 0 else "".join(kept)[:columns]


def pad(text: str, columns: int) -> str:
    """`text` clipped or filled with spaces to exactly `columns`."""
    text = clip(text, columns)
    return text + " " * (columns - width(text))


def ascii_only(text: str) -> str:
    """For locales that are not UTF-8: whatever is not ASCII is written as an escape."""
    return text.encode("ascii", "backslashreplace").decode("ascii")
