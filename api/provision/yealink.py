"""Yealink: `{mac}.cfg`, lines of ``key = value`` behind a first line that says so. A value ends with its line."""

from api.provision.lines import Line, Settings
from api.provision.zone import Change, Zone

KIND = "text/plain; charset=utf-8"
DAILY = 1440
"""minutes"""


def file(told: Settings) -> bytes:
    """The phone's file."""
    rows = [
        ("static.auto_provision.server.url", told.address),
        ("static.auto_provision.power_on", 1),
        ("static.auto_provision.repeat.enable", 1),
        ("static.auto_provision.repeat.minutes", DAILY),
        *_zone(told.zone),
    ]
    for line in told.lines:
        rows += _account(line, told)
    return "".join(["#!version:1.0.0.1\n", *(f"{key} = {value}\n" for key, value in rows)]).encode()


def _account(line: Line, told: Settings) -> list[tuple[str, str | int]]:
    account = f"account.{line.number}"
    rows: list[tuple[str, str | int]] = [
        (f"{account}.enable", 1),
        (f"{account}.label", line.name),
        (f"{account}.display_name", line.name),
        (f"{account}.user_name", line.user),
        (f"{account}.auth_name", line.user),
        (f"{account}.password", line.password),
        (f"{account}.sip_server.1.address", line.server),
    ]
    return rows if told.voicemail is None else [*rows, (f"voice_mail.number.{line.number}", told.voicemail)]


def _zone(zone: Zone) -> list[tuple[str, str | int]]:
    hours, seconds = divmod(abs(zone.offset), 3600)
    sign = "-" if zone.offset < 0 else "+"
    rows: list[tuple[str, str | int]] = [
        ("local_time.time_zone", f"{sign}{hours}" + (f":{seconds // 60:02}" if seconds else ""))
    ]
    if zone.begins is None or zone.ends is None:
        return [*rows, ("local_time.summer_time", 0)]
    return [
        *rows,
        ("local_time.summer_time", 1),
        ("local_time.dst_time_type", 1),
        ("local_time.start_time", _change(zone.begins)),
        ("local_time.end_time", _change(zone.ends)),
        ("local_time.offset_time", zone.ahead // 60),
    ]


def _change(change: Change) -> str:
    """Month, week (5: the last), weekday from 1 for Monday, hour."""
    return f"{change.month}/{change.week}/{change.weekday or 7}/{change.hour}"
