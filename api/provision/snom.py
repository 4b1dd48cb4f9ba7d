"""Snom: `{mac}.xml` or `snom{model}-{MAC}.htm`, both of one XML; what is of an account has its index."""

from xml.etree import ElementTree as ET

from api.provision.documents import KIND, document, element
from api.provision.lines import Line, Settings
from api.provision.zone import Change, Zone

__all__ = ["KIND", "file"]
DAILY = 86_400
"""seconds"""


def file(told: Settings) -> bytes:
    """The phone's file."""
    phone = element("phone-settings", attributes={"e": "2"})
    common = {
        "setting_server": f"{told.address}{told.mac}.xml",
        "settings_refresh_timer": str(DAILY),
        "utc_offset": f"{told.zone.offset:+d}",
        "dst": _summer(told.zone),
    }
    phone.extend(_setting(name, value) for name, value in common.items())
    for line in told.lines:
        phone.extend(_account(line, told))
    root = element("settings")
    root.append(phone)
    return document(root)


def _account(line: Line, told: Settings) -> list[ET.Element]:
    values = {
        "user_active": "on",
        "user_realname": line.name,
        "user_idle_text": line.name,
        "user_name": line.user,
        "user_pname": line.user,
        "user_pass": line.password,
        "user_host": line.server,
    }
    if told.voicemail is not None:
        values["user_mailbox"] = told.voicemail
    return [_setting(name, value, line.number) for name, value in values.items()]


def _setting(name: str, value: str, index: int | None = None) -> ET.Element:
    number = {} if index is None else {"idx": str(index)}
    return element(name, value, number | {"perm": ""})


def _summer(zone: Zone) -> str:
    """Seconds, begin and end; empty where there is none."""
    if zone.begins is None or zone.ends is None:
        return ""
    return f"{zone.ahead} {_change(zone.begins)} {_change(zone.ends)}"


def _change(change: Change) -> str:
    """Month, week (5: the last), weekday from 1 for Monday, time."""
    return f"{change.month:02}.{change.week:02}.{change.weekday or 7:02} {change.hour:02}:00:00"
