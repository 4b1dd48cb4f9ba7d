"""The status of everything, for people: tables with units in their headings, plain words. Pure: status in, text out."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from api.operations.losses import LossAccount
from api.operations.status import PartStatus, ProjectionStatus, Status, SwitchStatus
from api.words.text import clip, harmless, pad, width

LONGEST = 60
"""columns of the last error; the log of the part has all of it, and JSON too"""
COLUMNS = {
    "projections": ("projection", "state", "position", "behind (events)", "lag", "events/s", "parked", "last error"),
    "switches": (
        "switch",
        "FreeSWITCH",
        "link",
        "since",
        "last heard",
        "events",
        "events/s",
        "live legs",
        "lost",
        "by",
    ),
    "bridges": ("bridge", "state", "events/s", "received", "stored", "queued", "in spool", "parked", "trouble"),
    "losses": ("lost of", "from", "until", "for", "why", "known to be missing"),
    "parts": ("part", "state", "since", "on", "what it does"),
    "followers": ("follower", "of", "in trouble since", "failed tries", "put aside", "why"),
}


def lines(status: Status) -> Iterator[str]:
    """The whole picture; problems are the caller's to add, in colour."""
    health = status.health
    kept = f", kept from {status.oldest:,}" if status.oldest > 1 else ""
    newest = "" if status.newest_at is None else f", newest stored {ago(health.at, status.newest_at)}"
    yield f"Switch log: last position {health.head:,}{kept}{newest}; {health.live:,} live calls."
    yield ""
    yield from table(COLUMNS["projections"], [_projection(one, health.at) for one in status.projections])
    if status.switches:
        yield ""
        yield from table(COLUMNS["switches"], [_switch(one, health.at) for one in status.switches])
    if status.losses.all:
        yield ""
        yield from lost_times(status.losses)
    bridges = [one for one in status.parts if one.part == "bridge"]
    if bridges:
        yield ""
        yield from table(COLUMNS["bridges"], [_bridge(one) for one in bridges])
    others = [one for one in status.parts if one.part not in ("bridge", "projection")]
    if others:
        yield ""
        yield from table(COLUMNS["parts"], [_part(one, health.at) for one in others])
    troubled = [one for part in status.parts for one in part.followers if one["trouble"] or one["put_aside"]]
    if troubled:
        yield ""
        yield from table(COLUMNS["followers"], [_follower(one, health.at) for one in troubled])


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Rows under headings, a column as wide as its widest cell, numbers to the right."""
    cells = [[harmless(cell) for cell in row] for row in rows]
    widths = [max(width(head), *(width(row[n]) for row in cells), 0) for n, head in enumerate(headings)]
    for number, row in enumerate([[head.upper() for head in headings], *cells]):
        shown = [_set(cell, columns, number > 0) for cell, columns in zip(row, widths, strict=True)]
        yield "  ".join(shown).rstrip()


def _set(cell: str, columns: int, right: bool) -> str:
    if right and cell[:1].isdigit() and cell.replace(",", "").replace(".", "").isdigit():
        return " " * (columns - width(cell)) + cell
    return pad(cell, columns)


def _projection(one: ProjectionStatus, now: datetime) -> list[str]:
    error = "-"
    if one.last_error is not None:
        when = "" if one.last_error_at is None else f"{ago(now, _instant(one.last_error_at))}: "
        error = clip(when + one.last_error, LONGEST)
    lag = seconds(one.lag_seconds) if one.behind else "none"
    return [one.name, one.state, f"{one.position:,}", f"{one.behind:,}", lag, _rate(one.events_per_second),
            f"{one.parked:,}", error]  # fmt: skip


def _switch(one: SwitchStatus, now: datetime) -> list[str]:
    heard = "-" if one.silent_seconds is None else f"{seconds(one.silent_seconds)} ago"
    since = "-" if one.since is None else ago(now, _instant(one.since))
    return [one.switch, one.version or "-", one.link, since, heard, f"{one.events:,}", _rate(one.events_per_second),
            f"{one.legs:,}", losses(one), one.bridge]  # fmt: skip


def losses(one: SwitchStatus) -> str:
    """What was lost of a switch, in words: over all bridges, for as long as the log goes back."""
    if not one.lost:
        return "nothing"
    known = f", {one.lost_events:,} known to be missing" if one.lost_events else ""
    times = "once" if one.lost_intervals == 1 else f"{one.lost_intervals:,} times"
    return f"{times}, {seconds(one.lost_seconds)}{known}"


WHY = {
    "link": "no bridge was listening",
    "gap": "proven to be missing although the link stood",
    "overflow": "dropped by the switch, whose queue was full",
    "spool": "the spool was damaged, or had no room at the end of the bridge",
}


def lost_times(account: LossAccount, most: int = 5) -> Iterator[str]:
    """The newest losses with their intervals; nothing where there are none."""
    if not account.all:
        return
    rows = [
        [one.switch, instant(one.since), "still" if one.until is None else instant(one.until), seconds(one.seconds),
         WHY.get(one.kind, one.kind), "-" if one.events is None else f"{one.events:,}"]
        for one in reversed(account.all[-most:])
    ]  # fmt: skip
    yield from table(COLUMNS["losses"], rows)
    if (more := len(account.all) - most) > 0:
        yield f"{more:,} earlier {'one' if more == 1 else 'ones'}: `harmony events verify` lists all."


def instant(at: datetime) -> str:
    """An instant to the millisecond, in UTC."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


def _bridge(one: PartStatus) -> list[str]:
    figures = one.figures
    spool = f"{figures.get('spooled', 0):,} ({size(figures.get('spool_bytes', 0))})" if figures.get("spooled") else "0"
    rate = figures.get("events_per_second") if one.state == "running" else None
    counts = [f"{figures.get(name, 0):,}" for name in ("received", "stored", "queued")]
    return [one.name, one.state, _rate(rate), *counts, spool, f"{figures.get('parked', 0):,}", one.trouble or "-"]


def _part(one: PartStatus, now: datetime) -> list[str]:
    said = (_in_words(one.figures.get(name), words) for name, words in WORDS.items() if name in one.figures)
    shown = ", ".join(words for words in said if words)
    state = one.state if one.state != "silent" else f"silent for {seconds(one.age)}"
    return [one.name, state, ago(now, one.started_at), f"{one.host} (pid {one.pid})", shown or "-"]


def _follower(one: dict[str, Any], now: datetime) -> list[str]:
    since = "-" if one["since"] is None else ago(now, _instant(one["since"]))
    return [one["follower"], one["service"], since, f"{one['tries']:,}", f"{one['put_aside']:,}", one["trouble"] or "-"]


WORDS = {
    "subscribers": ("one page is open", "{} pages are open", "no page is open"),
    "streams_behind": ("one stream is behind", "{} streams are behind", ""),
    "pending": ("one message waits", "{} messages wait", "no message waits"),
    "delivered": ("one delivered", "{} delivered", ""),
    "failed": ("one try failed", "{} tries failed", ""),
    "dead": ("one given up", "{} given up", ""),
    "failing": ("one endpoint fails", "{} endpoints fail", ""),
    "disabled": ("one endpoint is disabled", "{} endpoints are disabled", ""),
}
"""What people are told of a part, for one, more and none; all figures are in `--json`."""


def _in_words(value: Any, words: tuple[str, str, str]) -> str:
    if not isinstance(value, int):
        return ""
    one, more, none = words
    return one if value == 1 else more.format(f"{value:,}") if value else none


def _rate(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def ago(now: datetime, then: datetime) -> str:
    """How long ago, in words."""
    past = (now.astimezone(UTC) - then.astimezone(UTC)).total_seconds()
    return "now" if past < 1 else f"{seconds(past)} ago"


def seconds(value: float) -> str:
    """A duration with its unit, two digits of which matter."""
    if value < 10:
        return f"{value:.1f} s"
    if value < 120:
        return f"{value:.0f} s"
    if value < 7200:
        return f"{value / 60:.0f} min"
    if value < 172_800:
        return f"{value / 3600:.0f} h"
    return f"{value / 86_400:.0f} days"


def size(count: int) -> str:
    """Bytes with a unit."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000:
            return f"{value:.0f} {unit}"
        value /= 1000
    return f"{value:.1f} TB"
