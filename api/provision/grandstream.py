"""Grandstream: `cfg{mac}.xml`, values under numbers ("P values") whose meaning the vendor's templates tell.

Accounts: the numbers of the first, and those of each further one, are in blocks of their own.
"""

import msgspec

from api.provision.documents import KIND, document, element
from api.provision.lines import Line, Settings

__all__ = ["KIND", "file"]
DAILY = 1440
"""minutes"""


class _Account(msgspec.Struct, frozen=True):
    active: str
    name: str
    server: str
    user: str
    login: str
    password: str
    display: str
    voicemail: str
    digits: str


_ACCOUNTS = (
    _Account("P271", "P270", "P47", "P35", "P36", "P34", "P3", "P33", "P290"),
    _Account("P401", "P417", "P402", "P404", "P405", "P406", "P407", "P426", "P459"),
    _Account("P501", "P517", "P502", "P504", "P505", "P506", "P507", "P526", "P559"),
    _Account("P601", "P617", "P602", "P604", "P605", "P606", "P607", "P626", "P659"),
    _Account("P1701", "P1717", "P1702", "P1704", "P1705", "P1706", "P1707", "P1726", "P1759"),
    _Account("P1801", "P1817", "P1802", "P1804", "P1805", "P1806", "P1807", "P1826", "P1859"),
)
DIGITS = "{ x+ | \\+x+ | *x+ | *xx*x+ }"
HTTP, HTTPS = "1", "2"


def file(told: Settings) -> bytes:
    """The phone's file."""
    scheme, _, place = told.address.partition("://")
    values = {
        "P212": HTTPS if scheme == "https" else HTTP,
        "P237": place.rstrip("/"),
        "P194": "1",  # ask again by itself,
        "P193": str(DAILY),
        "P64": "customize",
        "P246": told.zone.posix,
    }
    for line in told.lines:
        if line.number <= len(_ACCOUNTS):
            values |= _account(_ACCOUNTS[line.number - 1], line, told)
    config = element("config", attributes={"version": "1"})
    config.extend(element(name, value) for name, value in values.items())
    root = element("gs_provision", attributes={"version": "1"})
    root.append(element("mac", told.mac))
    root.append(config)
    return document(root)


def _account(under: _Account, line: Line, told: Settings) -> dict[str, str]:
    values = {
        under.active: "1",
        under.name: line.name,
        under.server: line.server,
        under.user: line.user,
        under.login: line.user,
        under.password: line.password,
        under.display: line.name,
        under.digits: DIGITS,
    }
    return values if told.voicemail is None else values | {under.voicemail: told.voicemail}
