"""Runs of `{Name, Value}` pairs, of which switch events are made, read several times faster than term by term.

The bytes that begin a pair of strings (or of binaries) cut the run into pieces by one call into C; each piece then has
to be exactly as long as the lengths inside it say. A value may hold the cutting bytes itself: then its piece is too
short, the run ends there, and the general decoder reads that pair.
"""

from __future__ import annotations

from typing import Final

from bridge.term.types import String, Term

_STRINGS: Final = b"h\x02k"
_BINARIES: Final = b"h\x02m"
# Bytes looked at for each element that the list still announces, some more than a header takes. Looking far ahead of
# short lists again and again would not be linear in the length of the whole term.
_AHEAD: Final = 64
FEWEST: Final = 8


def read_pairs(data: bytes, pos: int, count: int, items: list[Term]) -> int:
    """Append the pairs of the run that begins at `pos`, at most `count`; gives the position behind the last one."""
    run = data[pos : pos + 3]
    while count >= FEWEST and pos < len(data):  # a list may announce more than there is
        window = data[pos : pos + count * _AHEAD]
        if run == _STRINGS:
            used, pairs = _strings(window, count)
        elif run == _BINARIES:
            used, pairs = _binaries(window, count)
        else:
            break
        items += pairs
        count -= len(pairs)
        pos += used
        if used * 4 < len(window):  # hardly anything: what follows is of another shape, or long
            break
    return pos


def _strings(window: bytes, count: int) -> tuple[int, list[tuple[Term, Term]]]:
    flat: list[bytes] = []
    append = flat.append
    empty: list[int] = []
    pieces = window.split(_STRINGS, count)
    if pieces[0]:
        return 0, []
    del pieces[0]
    done = 0
    last = b""
    try:
        for done, piece in enumerate(pieces):  # noqa: B007  (how far it went is the point)
            end = piece[1] + 2
            if piece[0]:
                break
            if piece[end] == 107:
                start = end + 3
                if len(piece) - start != (piece[end + 1] << 8) + piece[end + 2]:
                    last = piece
                    break
                append(piece[2:end])
                append(piece[start:])
            elif piece[end] == 106 and len(piece) == end + 1:
                empty.append(len(flat) // 2)
                append(piece[2:end])
                append(b"")
            else:
                break
        else:
            done += 1
    except IndexError:  # the piece ends before its lengths do: the general decoder will say what is wrong
        pass
    used = sum(map(len, pieces[:done])) + 3 * done
    if last:  # the run's last pair has the rest of the window behind it, or ends outside of the window
        after = start + (last[end + 1] << 8 | last[end + 2])
        if len(last) > after:
            append(last[2:end])
            append(last[start:after])
            used += after + 3
    each = map(String, flat)
    pairs: list[tuple[Term, Term]] = list(zip(each, each, strict=True))
    for index in empty:
        pairs[index] = (pairs[index][0], [])
    return used, pairs


def _binaries(window: bytes, count: int) -> tuple[int, list[tuple[Term, Term]]]:
    pairs: list[tuple[Term, Term]] = []
    append = pairs.append
    used = 0
    pieces = window.split(_BINARIES, count)
    if pieces[0]:
        return 0, []
    del pieces[0]
    for piece in pieces:
        size = len(piece)
        if size < 9 or piece[0] or piece[1] or piece[2]:
            break
        name_end = piece[3] + 4
        start = name_end + 5
        if size < start or piece[name_end] != 109:
            break
        end = int.from_bytes(piece[name_end + 1 : start], "big") + start
        if size < end:
            break
        append((piece[4:name_end], piece[start:end]))
        used += end + 3
        if size != end:
            break
    return used, pairs
