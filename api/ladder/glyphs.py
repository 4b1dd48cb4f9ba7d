"""The characters that a ladder is drawn with: box drawing, and a plain ASCII set for locales that are not UTF-8."""

import msgspec


class Glyphs(msgspec.Struct, frozen=True):
    bars: dict[str, str]
    """What a party's line looks like while it is in a segment of this kind; `present` is a leg without a segment."""
    line: str
    right: str
    left: str
    dot: str
    """Between the parts of a heading."""
    plain: bool
    """True: nothing but ASCII may come out."""


UNICODE = Glyphs(
    bars={
        "talk": "┃",
        "consult": "║",
        "conference": "█",
        "hold": "╎",
        "park": "▒",
        "queue": "░",
        "ivr": "▪",
        "voicemail": "◆",
        "announcement": "▫",
        "early_media": "┊",
        "ring": "┊",
        "monitor": "◇",
        "present": "│",
    },
    line="─",
    right="▶",
    left="◀",
    dot=" · ",
    plain=False,
)

ASCII = Glyphs(
    bars={
        "talk": "#",
        "consult": "%",
        "conference": "C",
        "hold": ":",
        "park": "P",
        "queue": "Q",
        "ivr": "I",
        "voicemail": "V",
        "announcement": "A",
        "early_media": ".",
        "ring": ".",
        "monitor": "M",
        "present": "|",
    },
    line="-",
    right=">",
    left="<",
    dot=", ",
    plain=True,
)
