"""The characters that a ladder is drawn with: box drawing, and a plain ASCII set for locales that are not UTF-8."""

import msgspec

from projections.callflow.kinds import drawn

PRESENT = "present"
"""A leg that is in no segment."""


class Glyphs(msgspec.Struct, frozen=True):
    bars: dict[str, str]
    """What a party's line looks like while it is in a segment of this kind; or, for `PRESENT`, in none."""
    line: str
    right: str
    left: str
    dot: str
    """Between the parts of a heading."""
    plain: bool
    """True: nothing but ASCII may come out."""


UNICODE = Glyphs(
    bars={kind: bar.glyph for kind, bar in drawn()} | {PRESENT: "│"},
    line="─",
    right="▶",
    left="◀",
    dot=" · ",
    plain=False,
)

ASCII = Glyphs(
    bars={kind: bar.ascii for kind, bar in drawn()} | {PRESENT: "|"},
    line="-",
    right=">",
    left="<",
    dot=", ",
    plain=True,
)
