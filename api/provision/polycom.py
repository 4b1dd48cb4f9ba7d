"""Polycom: `{mac}.cfg` (or 000000000000.cfg) names the file that holds the settings, `{mac}-phone.cfg`.

Parameters are attributes whose names have dots; UC Software's own names for them.
"""

from api.provision.documents import KIND, document, element
from api.provision.lines import Line, Settings
from api.provision.zone import Change, Zone

__all__ = ["KIND", "file", "first"]
DAILY = 86_400
"""seconds"""
DIGITS = "x.T|+x.T|*x.T"


def first(mac: str) -> bytes:
    """The file that a phone asks for first."""
    names = {
        "APP_FILE_PATH": "",
        "CONFIG_FILES": f"{mac}-phone.cfg",
        "MISC_FILES": "",
        "LOG_FILE_DIRECTORY": "",
        "OVERRIDES_DIRECTORY": "",
        "CONTACTS_DIRECTORY": "",
    }
    return document(element("APPLICATION", attributes=names))


def file(told: Settings) -> bytes:
    """The file that holds the settings."""
    scheme, _, place = told.address.partition("://")
    values = {
        "device.set": "1",
        "device.prov.serverType.set": "1",
        "device.prov.serverType": "HTTPS" if scheme == "https" else "HTTP",
        "device.prov.serverName.set": "1",
        "device.prov.serverName": place.rstrip("/"),
        "prov.polling.enabled": "1",
        "prov.polling.mode": "rel",
        "prov.polling.period": str(DAILY),
        "dialplan.digitmap": DIGITS,
        **_zone(told.zone),
    }
    for line in told.lines:
        values |= _line(line, told)
    root = element("polycomConfig")
    root.append(element("harmony", attributes=values))
    return document(root)


def _line(line: Line, told: Settings) -> dict[str, str]:
    reg = f"reg.{line.number}"
    values = {
        f"{reg}.address": line.user,
        f"{reg}.label": line.name,
        f"{reg}.displayName": line.name,
        f"{reg}.auth.userId": line.user,
        f"{reg}.auth.password": line.password,
        f"{reg}.server.1.address": line.server,
    }
    if told.voicemail is not None:
        mailbox = f"msg.mwi.{line.number}"
        values |= {f"{mailbox}.callBackMode": "contact", f"{mailbox}.callBack": told.voicemail}
    return values


def _zone(zone: Zone) -> dict[str, str]:
    clock = "tcpIpApp.sntp"
    values = {f"{clock}.gmtOffset": str(zone.offset)}
    if zone.begins is None or zone.ends is None:
        return values | {f"{clock}.daylightSavings.enable": "0"}
    summer = f"{clock}.daylightSavings"
    values |= {f"{summer}.enable": "1", f"{summer}.fixedDayEnable": "0"}
    return values | _change(f"{summer}.start", zone.begins) | _change(f"{summer}.stop", zone.ends)


def _change(under: str, change: Change) -> dict[str, str]:
    """A weekday from 1 for Sunday; the day of the month from which on it is looked for."""
    return {
        f"{under}.month": str(change.month),
        f"{under}.date": str((min(change.week, 4) - 1) * 7 + 1),
        f"{under}.time": str(change.hour),
        f"{under}.dayOfWeek": str(change.weekday + 1),
        f"{under}.dayOfWeek.lastInMonth": "1" if change.week == 5 else "0",
    }
