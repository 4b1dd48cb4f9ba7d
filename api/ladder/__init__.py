"""A call drawn as text: parties as columns, instants down the side. Pure: a document in, lines out."""

from api.ladder.draw import ladder, linked, why
from api.ladder.glyphs import ASCII, UNICODE, Glyphs

__all__ = ["ASCII", "UNICODE", "Glyphs", "ladder", "linked", "why"]
