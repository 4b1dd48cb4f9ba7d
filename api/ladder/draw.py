"""The drawing of a story: lanes, bars, arrows and sentences, in lines of text that a terminal cannot be hurt by."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise

from api.ladder.doubt import doubts
from api.ladder.glyphs import PRESENT, UNICODE, Glyphs
from api.ladder.story import STRENGTH, TOGETHER, Document, Mark, Span, Story, instant, party, read
from api.words.text import ascii_only, harmless, pad, width

CLOCK = 14
"""Columns of the left margin: `08:51:16.818` and two spaces."""
NARROW, BROAD = 9, 24


def ladder(call: Document, *, zone: tzinfo = UTC, glyphs: Glyphs = UNICODE, columns: int = 0) -> list[str]:
    """The lines of a call's ladder; `columns` is the terminal's width, 0 for any. Instants are shown in `zone`.

    Sentences at the right may be longer than the terminal: they say what happened and are never cut.
    """
    story = read(call)
    keys = _keys(story.parties, columns)
    lane = min(BROAD, max(NARROW, *(width(k) + 3 for k in keys.values())))
    lines = [*_heading(call, zone, glyphs), ""]
    if any(key != name for name, key in keys.items()):
        lines += [f"  {key} = {name}" for name, key in keys.items()] + [""]
    lines.append(" " * CLOCK + "".join(_centred(k, lane) for k in keys.values()))
    used: set[str] = set()
    for group in _groups(story, zone, glyphs, lane, used):
        lines += group
    lines += ["", "  " + "  ".join(f"{bar} {kind.replace('_', ' ')}" for kind, bar in _legend(used, glyphs))]
    return [_fit(line, glyphs) for line in lines]


def why(call: Document, glyphs: Glyphs = UNICODE) -> list[str]:
    """The evidence of each join, a line each, with the position in the switch log that said it; and what of the call
    was not observed."""
    return [_fit(line, glyphs) for line in [*_joins(call), *doubts(call)]]


def _joins(call: Document) -> list[str]:
    names = {leg["leg_id"]: party(leg.get("party")) for leg in call.get("legs") or []}
    evidence = call.get("evidence") or []
    if not evidence:
        return ["One leg only: nothing had to be joined." if len(names) < 2 else "No evidence was kept."]
    lines = ["Why these legs are one call:"]
    for item in evidence:
        legs = " and ".join(f"{harmless(leg)} ({names.get(leg, 'hidden')})" for leg in item.get("legs") or [])
        lines.append(f"  {harmless(item.get('why'))}: {legs}, at position {harmless(item.get('position'))}")
    return lines


def linked(call: Document, glyphs: Glyphs = UNICODE) -> list[str]:
    """Calls that tell, or probably tell, of the same conversation, and how to find them."""
    lines = []
    for link in call.get("links") or []:
        if word := link.get("related"):
            lines.append(f"Linked: {_LINKS.get(link.get('why'), _OTHER)} ({harmless(link.get('quality'))}).")
            lines.append(f"  harmony calls list --related {harmless(word)}")
    return [_fit(line, glyphs) for line in ["", *lines]] if lines else []


_LINKS = {
    "hop": "the other side of this conversation is another company's call",
    "same_numbers": "another call between the same numbers at the same time, probably the same conversation",
}
_OTHER = "another call of this conversation"


def _fit(line: str, glyphs: Glyphs) -> str:
    return (ascii_only(line) if glyphs.plain else line).rstrip()


def _keys(parties: list[str], columns: int) -> dict[str, str]:
    """Heading of each lane: the party, or a letter where the names would not fit."""
    broadest = max(width(p) for p in parties)
    if broadest + 3 <= BROAD and (not columns or CLOCK + len(parties) * max(NARROW, broadest + 3) + 30 <= columns):
        return {p: p for p in parties}
    return {p: _letter(n) for n, p in enumerate(parties)}


def _letter(n: int) -> str:
    return chr(ord("A") + n) if n < 26 else _letter(n // 26 - 1) + chr(ord("A") + n % 26)


def _centred(text: str, lane: int) -> str:
    left = max(0, lane // 2 - width(text) // 2)
    return pad(" " * left + text, lane)


def _clock(at: int, zone: tzinfo) -> str:
    moment = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=at)
    return f"{moment.astimezone(zone):%H:%M:%S.%f}"[:12]


def _heading(call: Document, zone: tzinfo, glyphs: Glyphs) -> Iterator[str]:
    caller = call.get("from") if isinstance(call.get("from"), Mapping) else {}
    name = f' "{harmless(caller["name"])}"' if caller and caller.get("name") else ""
    yield f"Call {harmless(call.get('call_id'))}"
    about = [f"{party(call.get('from'))}{name} dialled {harmless(call.get('dialled') or '?')}"]
    about += [harmless(call[k]) for k in ("direction", "tenant", "outcome") if call.get(k)]
    if call.get("answered_by"):
        about.append(f"answered by {party(call['answered_by'])}")
    yield glyphs.dot.join(about)
    start, end = instant(call.get("started_at")) or 0, instant(call.get("ended_at"))
    day = (datetime.fromtimestamp(0, UTC) + timedelta(microseconds=start)).astimezone(zone)
    when = [f"{day:%Y-%m-%d} {_clock(start, zone)} {day.tzname()}"]
    when.append(f"{(end - start) / 1e6:.2f} s" if end is not None else f"live ({harmless(call.get('state'))})")
    if call.get("talk_seconds") is not None:
        when.append(f"talk {float(call['talk_seconds']):.2f} s")
    if call.get("quality") not in (None, "observed"):
        when.append(f"quality: {harmless(call['quality'])}")
    yield glyphs.dot.join(when)


def _groups(story: Story, zone: tzinfo, glyphs: Glyphs, lane: int, used: set[str]) -> Iterator[list[str]]:
    """For each instant its lines, and below them a line with the time until the next instant."""
    instants = _instants(story)
    for at, following in pairwise([*instants, None]):
        assert at is not None
        marks = [m for m in story.marks if at <= m.at and (following is None or m.at < following)]
        upto = story.end if following is None else following
        lines = []
        bars = _bars(story, at + TOGETHER, glyphs, used) if upto is None or upto > at else {}
        for n, mark in enumerate(marks):
            margin = _clock(at, zone) if n == 0 else ""
            lines.append(f"{margin:<{CLOCK}}" + _row(story.parties, bars, mark, lane, glyphs) + f"  {mark.text}")
        if not marks:
            lines.append(f"{_clock(at, zone):<{CLOCK}}" + _row(story.parties, bars, None, lane, glyphs))
        if following is not None:
            lasting = f"{(following - at) / 1e6:.2f} s"
            lines.append(f"{lasting:>{CLOCK - 2}}  " + _row(story.parties, bars, None, lane, glyphs))
        elif story.end is None:
            lines.append(f"{'now':>{CLOCK - 2}}  " + _row(story.parties, bars, None, lane, glyphs))
        yield lines


def _instants(story: Story) -> list[int]:
    """Every time at which something starts or ends, those that are together as one; the first of each stands for it."""
    times = {m.at for m in story.marks} | {s.start for s in story.spans} | {s.end for s in story.spans if s.end}
    times = {t for t in times if t >= story.start and (story.end is None or t <= story.end)}
    kept: list[int] = []
    for at in sorted(times | {story.start}):
        if not kept or at - kept[-1] > TOGETHER:
            kept.append(at)
    return kept


def _bars(story: Story, at: int, glyphs: Glyphs, used: set[str]) -> dict[str, str]:
    """The character of each party's line just after `at`."""
    bars = {}
    for name in story.parties:
        kinds = {s.kind for s in story.spans if s.party == name and _covers(s, at)}
        kind = next((k for k in STRENGTH if k in kinds), PRESENT if kinds else None)
        if kind is not None:
            used.add(kind)
            bars[name] = glyphs.bars[kind]
    return bars


def _covers(span: Span, at: int) -> bool:
    return span.start <= at and (span.end is None or span.end > at)


def _row(parties: list[str], bars: dict[str, str], mark: Mark | None, lane: int, glyphs: Glyphs) -> str:
    cells = [" "] * (lane * len(parties))
    places = {name: n * lane + lane // 2 for n, name in enumerate(parties)}
    for name, place in places.items():
        cells[place] = bars.get(name, " ")
    if mark is not None and mark.source in places and mark.target in places and mark.source != mark.target:
        start, end = places[mark.source], places[mark.target]
        step = 1 if end > start else -1
        for at in range(start + step, end, step):
            cells[at] = glyphs.line
        cells[end - step] = glyphs.right if step > 0 else glyphs.left
        if mark.both:
            cells[start + step] = glyphs.left if step > 0 else glyphs.right
    return "".join(cells)


def _legend(used: set[str], glyphs: Glyphs) -> list[tuple[str, str]]:
    return [(kind, glyphs.bars[kind]) for kind in (*STRENGTH, PRESENT) if kind in used]
