"""Instants as people type them: a date, a date and a time, or how long ago, in a time zone of theirs."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from api.errors import BadArgument

_AGO = re.compile(r"(\d+)\s*(s|m|h|d|w)(?:\s+ago)?")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def zone(name: str | None) -> tzinfo:
    """An IANA time zone; None is UTC."""
    if name is None or name.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError, ValueError) as problem:  # unknown, a directory, or a name that is a path
        raise BadArgument(f"There is no time zone {name!r}: give an IANA name such as Europe/Berlin.") from problem


def instant(value: str, where: tzinfo, now: datetime, name: str = "time", also: str = "") -> datetime:
    """`2026-11-23`, `2026-11-23T08:51`, with or without an offset, `now`, `today`, `yesterday`, `90m`, `2h`, `7d`.

    What has no offset is meant in `where`; a length of time is meant before `now`. The result is in UTC.
    ``also``: what else could have been written, for the sentence of the refusal.
    """
    text = value.strip().lower()
    midnight = now.astimezone(where).replace(hour=0, minute=0, second=0, microsecond=0)
    if text == "now":
        return now
    if text in ("today", "yesterday"):
        day = midnight if text == "today" else (midnight - timedelta(days=1)).replace(tzinfo=where)
        return day.astimezone(UTC)
    try:
        if found := _AGO.fullmatch(text):
            return now - timedelta(**{_UNITS[found[2]]: int(found[1])})
        moment = datetime.fromisoformat(value.strip().replace(" ", "T", 1) if "T" not in value else value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=where)).astimezone(UTC)
    except (ValueError, OverflowError) as problem:
        raise BadArgument(
            f"{name}: {value!r} is no time: write 2026-11-23, 2026-11-23T08:51, today, yesterday, "
            f"or 2h for two hours ago{also}."
        ) from problem
