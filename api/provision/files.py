"""Which file a phone asks for by its name, and what is in it. Pure."""

import re
from collections.abc import Callable
from typing import Literal

import msgspec

from api.provision import grandstream, polycom, snom, yealink
from api.provision.lines import Settings
from core.registry.entries import Phone

Form = Literal["cfg", "phone.cfg", "xml", "htm", "cfg.xml", "common.cfg"]
_SEPARATOR = r"[:.-]?"
_MAC = _SEPARATOR.join(["[0-9A-Fa-f]{2}"] * 6)
_NAMES: tuple[tuple[re.Pattern[str], Form], ...] = (
    (re.compile(r"(0{12})\.cfg"), "common.cfg"),
    (re.compile(rf"({_MAC})\.cfg"), "cfg"),
    (re.compile(rf"({_MAC})-phone\.cfg"), "phone.cfg"),
    (re.compile(rf"({_MAC})\.xml"), "xml"),
    (re.compile(rf"snom[0-9A-Za-z]{{0,20}}-({_MAC})\.htm"), "htm"),
    (re.compile(rf"cfg({_MAC})\.xml"), "cfg.xml"),
)


class PhoneFile(msgspec.Struct, frozen=True):
    """What the name of a file says."""

    form: Form
    mac: str | None
    """twelve lower-case hexadecimal digits; None in the name of a file for all phones"""


class File(msgspec.Struct, frozen=True):
    """A file of a vendor's: how it is made of a phone's settings."""

    kind: str
    """its Content-Type"""
    make: Callable[[Settings], bytes]
    carries: bool = True
    """whether it holds the settings, and with them the next address"""


_FILES: dict[tuple[str, Form], File] = {
    ("yealink", "cfg"): File(yealink.KIND, yealink.file),
    ("snom", "xml"): File(snom.KIND, snom.file),
    ("snom", "htm"): File(snom.KIND, snom.file),
    ("grandstream", "cfg.xml"): File(grandstream.KIND, grandstream.file),
    ("polycom", "cfg"): File(polycom.KIND, lambda told: polycom.first(told.mac), carries=False),
    ("polycom", "common.cfg"): File(polycom.KIND, lambda told: polycom.first(told.mac), carries=False),
    ("polycom", "phone.cfg"): File(polycom.KIND, polycom.file),
}
_FIRST = {"yealink": "", "snom": "{mac}.xml", "grandstream": "", "polycom": ""}


def phone_file(name: str) -> PhoneFile | None:
    """What a file's name asks for; None for a name that no vendor's phone asks for here."""
    for pattern, form in _NAMES:
        found = pattern.fullmatch(name)
        if found is not None:
            return PhoneFile(form, None if form == "common.cfg" else normal(found[1]))
    return None


def normal(mac: str) -> str:
    """A MAC address in any writing as twelve lower-case hexadecimal digits; empty for what is none."""
    digits = re.sub("[:. -]", "", mac).lower()
    return digits if re.fullmatch("[0-9a-f]{12}", digits) else ""


def file_of(phone: Phone, form: Form) -> File | None:
    """The file of this form for a phone of this vendor."""
    return _FILES.get((phone.vendor.lower(), form))


def first_name(phone: Phone) -> str:
    """What stands behind the secret in the address that is given to a phone; empty: it adds the name itself."""
    return _FIRST.get(phone.vendor.lower(), "").format(mac=phone.mac)
