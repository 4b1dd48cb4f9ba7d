"""From the directory's entries to the registry's: object classes, attributes, and which company an entry belongs to.

The schema is rel/ldap/harmony.schema. An entry belongs to the company whose entry it stands under, at any depth; a
trunk under none serves all. What cannot be understood becomes a finding with its DN, and the rest is read on.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from typing import Any, Final, get_args

import msgspec

from core.registry import entries as e
from core.registry import expressions
from core.registry.ldif import RawEntry

LOG: Final = logging.getLogger("harmony.registry")
NUMBER: Final = re.compile(r"[0-9A-Za-z*#+._-]{1,64}")
DOMAIN: Final = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*")
_ORDER: Final = re.compile(r"\{(-?\d+)\}")
_ESCAPED: Final = re.compile(r"\\([0-9a-fA-F]{2}|.)")


class Finding(msgspec.Struct, frozen=True, order=True):
    """Something in the registry that is not as it must be; ``level`` error: the entry is left out or cannot work."""

    dn: str
    code: str
    what: str
    """one sentence"""
    level: str = "error"


class _Bad(Exception):
    """Why an entry cannot be used, as the end of a sentence."""


class Reader:
    """The attributes of one entry, converted."""

    def __init__(self, raw: RawEntry, tenant: str | None) -> None:
        self.raw = raw
        self.dn = raw.dn
        self.tenant = tenant

    @property
    def company(self) -> str:
        """The domain of the company that the entry stands under."""
        if self.tenant is None:
            raise _Bad("it stands under no company: move it below an entry of class harmonyTenant")
        return self.tenant

    def text(self, name: str) -> str | None:
        """A text without control characters, None where there is none."""
        value = self.raw.first(name.lower())
        if value is not None and any(ord(c) < 32 or ord(c) == 127 for c in value):
            raise _Bad(f"{name} has a control character in it")
        return value or None

    def needed(self, name: str) -> str:
        value = self.text(name)
        if value is None:
            raise _Bad(f"it has no {name}")
        return value

    def number(self, name: str) -> str | None:
        """A number, an extension or a service's name: what can be dialled."""
        value = self.text(name)
        if value is not None and not NUMBER.fullmatch(value):
            raise _Bad(f"{name} {value!r} cannot be dialled: use digits, letters and *#+._- only")
        return value

    def needed_number(self, name: str) -> str:
        self.needed(name)
        return self.number(name) or ""

    def yes(self, name: str, default: bool) -> bool:
        value = self.text(name)
        if value is None:
            return default
        if value.upper() not in ("TRUE", "FALSE"):
            raise _Bad(f"{name} is {value!r}, not TRUE or FALSE")
        return value.upper() == "TRUE"

    def whole(self, name: str, default: int, most: int = 86_400) -> int:
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdecimal() or int(value) > most:
            raise _Bad(f"{name} is {value!r}, not a whole number from 0 to {most}")
        return int(value)

    def several(self, name: str) -> tuple[str, ...]:
        """All values: those that begin with {n} in the order of n, then the others by alphabet (LDAP keeps none)."""

        def place(value: str) -> tuple[bool, int, str]:
            match = _ORDER.match(value)
            return (match is None, int(match[1]) if match else 0, value)

        values = sorted(self.raw.attributes.get(name.lower(), []), key=place)
        return tuple(_ORDER.sub("", value, count=1) for value in values)

    def several_numbers(self, name: str) -> tuple[str, ...]:
        values = self.several(name)
        for value in values:
            if not NUMBER.fullmatch(value):
                raise _Bad(f"{name} {value!r} cannot be dialled: use digits, letters and *#+._- only")
        return values

    def pairs(self, name: str) -> tuple[tuple[str, str], ...]:
        """Values of two words: `1 1002`; the second may hold spaces."""
        found = []
        for value in self.several(name):
            first, _, rest = value.partition(" ")
            if not first:
                raise _Bad(f"{name} {value!r} should be two words")
            found.append((first, rest.strip()))
        return tuple(found)

    def one_of(self, name: str, choices: tuple[str, ...], default: str | None = None) -> Any:
        value = self.text(name) or default
        if value not in choices:
            raise _Bad(f"{name} is {value!r}; it can be {', '.join(choices)}")
        return value


def _tenant(r: Reader) -> e.Entry:
    domain = r.needed("harmonyDomain").lower()
    if not DOMAIN.fullmatch(domain):
        raise _Bad(f"harmonyDomain {domain!r} is no domain name")
    return e.Tenant(
        dn=r.dn,
        domain=domain,
        name=r.text("o") or r.text("cn") or domain,
        language=r.text("harmonyLanguage") or "en",
        time_zone=r.text("harmonyTimeZone") or "UTC",
        emergency=r.several_numbers("harmonyEmergencyNumber") or ("110", "112"),
        caller_id=r.number("harmonyCallerId"),
        outbound_prefix=r.number("harmonyOutboundPrefix") or "0",
        enabled=r.yes("harmonyEnabled", True),
    )


def _user(r: Reader) -> e.Entry:
    hashed = r.text("harmonySipHash")
    if hashed is not None and not re.fullmatch(r"[0-9a-fA-F]{32}", hashed):
        raise _Bad("harmonySipHash is not the 32 hexadecimal digits of MD5(user:domain:password)")
    return e.User(
        dn=r.dn,
        tenant=r.company,
        user=r.needed_number("uid"),
        name=r.text("displayName") or r.text("cn") or r.needed("uid"),
        mail=r.text("mail"),
        password=r.text("harmonySipPassword"),
        hashed=hashed.lower() if hashed else None,
        voicemail=r.yes("harmonyVoicemail", True),
        voicemail_pin=r.number("harmonyVoicemailPin"),
        ring_seconds=r.whole("harmonyRingSeconds", 20, 600),
        forward_always=r.number("harmonyForwardAlways"),
        forward_busy=r.number("harmonyForwardBusy"),
        forward_no_answer=r.number("harmonyForwardNoAnswer"),
        do_not_disturb=r.yes("harmonyDoNotDisturb", False),
        caller_id=r.number("harmonyCallerId"),
        pickup_groups=r.several_numbers("harmonyPickupGroup"),
        outbound=r.yes("harmonyOutbound", True),
        role=r.one_of("harmonyRole", get_args(e.Role), "user"),
        supervises=r.several_numbers("harmonySupervises"),
        speed_dials=_speed_dials(r),
        enabled=r.yes("harmonyEnabled", True),
    )


def _speed_dials(r: Reader) -> tuple[tuple[str, str], ...]:
    found = r.pairs("harmonySpeedDial")
    for digits, number in found:
        if not re.fullmatch(r"[0-9*#]{1,10}", digits) or not NUMBER.fullmatch(number):
            raise _Bad(f"harmonySpeedDial '{digits} {number}' should be digits, a space, and the number they stand for")
    return found


def _phone(r: Reader) -> e.Entry:
    mac = re.sub(r"[:.-]", "", r.needed("harmonyMac")).lower()
    if not re.fullmatch(r"[0-9a-f]{12}", mac):
        raise _Bad(f"harmonyMac {mac!r} is no MAC address of twelve hexadecimal digits")
    return e.Phone(
        dn=r.dn,
        tenant=r.company,
        mac=mac,
        vendor=r.needed("harmonyVendor").lower(),
        model=r.text("harmonyModel") or "",
        lines=r.several_numbers("harmonyLine"),
    )


def _trunk(r: Reader) -> e.Entry:
    proxy = r.needed("harmonyProxy")
    if not re.fullmatch(r"[0-9A-Za-z.:\[\]-]{1,255}", proxy):
        raise _Bad(f"harmonyProxy {proxy!r} is no host or host:port")
    return e.Trunk(
        dn=r.dn,
        tenant=r.tenant,
        name=r.needed_number("cn"),
        proxy=proxy,
        realm=r.text("harmonyRealm"),
        username=r.text("harmonyAuthUser"),
        password=r.text("harmonyAuthPassword"),
        register=r.yes("harmonyRegister", False),
        priority=r.whole("harmonyPriority", 1),
        emergency=r.yes("harmonyEmergencyTrunk", True),
        leads_to=_node(r, "harmonyLeadsTo"),
    )


def _node(r: Reader, name: str) -> str | None:
    node = r.text(name)
    if node is not None and not re.fullmatch(r"[0-9A-Za-z_.-]{1,64}@[0-9A-Za-z_.-]{1,255}", node):
        raise _Bad(f"{name} {node!r} is no Erlang node: write it as the settings do, such as freeswitch@pbx1")
    return node


def _switch(r: Reader) -> e.Entry:
    if r.tenant is not None:
        raise _Bad("it stands under a company, and a switch serves all: move it beside the companies")
    r.needed("cn")
    addresses = []
    for given in r.several("harmonyAddress"):
        try:
            addresses.append(str(ip_address(given)))
        except ValueError:
            raise _Bad(f"harmonyAddress {given!r} is no IP address") from None
    return e.Switch(dn=r.dn, tenant=None, node=_node(r, "cn") or "", addresses=tuple(addresses))


def _did(r: Reader) -> e.Entry:
    number = r.needed_number("harmonyNumber")
    if not re.fullmatch(r"\+[0-9]{3,15}", number):
        raise _Bad(f"harmonyNumber {number!r} is no number of the public network: write + and 3 to 15 digits")
    return e.Did(dn=r.dn, tenant=r.company, number=number, target=r.needed_number("harmonyTarget"))


def _group(r: Reader) -> e.Entry:
    return e.RingGroup(
        dn=r.dn,
        tenant=r.company,
        number=r.needed_number("harmonyNumber"),
        name=r.text("cn") or r.needed("harmonyNumber"),
        members=r.several_numbers("harmonyMember"),
        strategy=r.one_of("harmonyStrategy", get_args(e.RingStrategy), "simultaneous"),
        ring_seconds=r.whole("harmonyRingSeconds", 20, 600),
        fallback=r.number("harmonyFallback"),
    )


QUEUE_STRATEGIES: Final = (
    "ring-all",
    "longest-idle-agent",
    "round-robin",
    "top-down",
    "agent-with-least-talk-time",
    "agent-with-fewest-calls",
    "sequentially-by-agent-order",
    "random",
    "ring-progressively",
)
"""of mod_callcenter (FreeSWITCH mod_callcenter.c)"""


def _queue(r: Reader) -> e.Entry:
    return e.Queue(
        dn=r.dn,
        tenant=r.company,
        number=r.needed_number("harmonyNumber"),
        name=r.needed_number("cn"),
        strategy=r.one_of("harmonyStrategy", QUEUE_STRATEGIES, "longest-idle-agent"),
        music=r.text("harmonyMusic"),
        max_wait=r.whole("harmonyMaxWait", 0),
        fallback=r.number("harmonyFallback"),
    )


def _agent(r: Reader) -> e.Entry:
    return e.Agent(
        dn=r.dn,
        tenant=r.company,
        queue=r.needed_number("harmonyQueue"),
        user=r.needed_number("uid"),
        level=r.whole("harmonyLevel", 1),
        position=r.whole("harmonyPosition", 1),
    )


def _conference(r: Reader) -> e.Entry:
    return e.Conference(
        dn=r.dn,
        tenant=r.company,
        number=r.needed_number("harmonyNumber"),
        name=r.text("cn") or r.needed("harmonyNumber"),
        pin=r.number("harmonyPin"),
        moderator_pin=r.number("harmonyModeratorPin"),
    )


def _menu(r: Reader) -> e.Entry:
    choices = r.pairs("harmonyChoice")
    for digits, target in choices:
        if not re.fullmatch(r"[0-9*#]{1,10}", digits) or not NUMBER.fullmatch(target):
            raise _Bad(f"harmonyChoice '{digits} {target}' should be digits, a space, and a number to go to")
    return e.Menu(
        dn=r.dn,
        tenant=r.company,
        number=r.needed_number("harmonyNumber"),
        name=r.needed_number("cn"),
        greeting=r.needed("harmonyGreeting"),
        choices=choices,
        timeout=r.whole("harmonyTimeout", 5, 60),
        max_failures=r.whole("harmonyMaxFailures", 3, 20),
        fallback=r.number("harmonyFallback"),
    )


def _park(r: Reader) -> e.Entry:
    first, last = r.needed("harmonyFirst"), r.needed("harmonyLast")
    if not (first.isdecimal() and last.isdecimal() and len(first) == len(last) and 0 <= int(last) - int(first) < 1000):
        raise _Bad(f"harmonyFirst {first!r} to harmonyLast {last!r} is no range of at most 1000 numbers")
    name = r.needed_number("cn")
    return e.ParkLot(
        dn=r.dn, tenant=r.company, name=name, first=first, last=last, timeout=r.whole("harmonyTimeout", 120)
    )


def _feature(r: Reader) -> e.Entry:
    code = r.needed("harmonyCode")
    if not re.fullmatch(r"[*#][0-9*#]{1,9}", code):
        raise _Bad(f"harmonyCode {code!r} should be * or # and digits")
    return e.FeatureCode(dn=r.dn, tenant=r.company, code=code, feature=r.one_of("harmonyFeature", get_args(e.Feature)))


def _override(r: Reader) -> e.Entry:
    expression = r.needed("harmonyExpression")
    if trouble := expressions.trouble(expression):
        raise _Bad(f"harmonyExpression {expression[:80]!r} {trouble}")
    return e.Override(
        dn=r.dn,
        tenant=r.company,
        name=r.needed("cn"),
        order=r.whole("harmonyOrder", 100),
        expression=expression,
        actions=r.pairs("harmonyDialplanAction"),
    )


CLASSES: Final[dict[str, Callable[[Reader], e.Entry]]] = {
    "harmonytenant": _tenant,
    "harmonyuser": _user,
    "harmonyphone": _phone,
    "harmonytrunk": _trunk,
    "harmonyswitch": _switch,
    "harmonydid": _did,
    "harmonyringgroup": _group,
    "harmonyqueue": _queue,
    "harmonyagent": _agent,
    "harmonyconference": _conference,
    "harmonymenu": _menu,
    "harmonyparklot": _park,
    "harmonyfeaturecode": _feature,
    "harmonyoverride": _override,
}


def normal(dn: str) -> str:
    """Return a DN as it is compared: lower case, no spaces around its parts."""
    return ",".join(part.strip().lower() for part in parts(dn))


def parts(dn: str) -> list[str]:
    """Return the parts of a DN; a comma that is escaped does not part."""
    return re.split(r"(?<!\\),", dn)


def read(raw: Iterable[RawEntry]) -> tuple[list[e.Entry], list[Finding]]:
    """Return the entries that the directory holds, and what is wrong with the others."""
    given = list(raw)
    found: list[e.Entry] = []
    findings: list[Finding] = []
    companies: dict[str, str] = {}
    for one in given:
        if "harmonytenant" in _classes(one) and (domain := one.first("harmonydomain")):
            companies[normal(one.dn)] = domain.lower()
    for one in given:
        for name in _classes(one) & CLASSES.keys():
            try:
                found.append(CLASSES[name](Reader(one, _above(one.dn, companies))))
            except _Bad as bad:
                findings.append(Finding(one.dn, "registry.entry", f"The entry is left out: {bad}."))
            except Exception as error:  # whatever one entry does to us, the others are served
                LOG.exception("The entry %r of the registry cannot be read", one.dn)
                what = f"The entry is left out: reading it failed ({type(error).__name__}: {str(error)[:200]})."
                findings.append(Finding(one.dn, "registry.entry", what))
    return found, findings


def _classes(raw: RawEntry) -> set[str]:
    return {value.lower() for value in raw.attributes.get("objectclass", [])}


def _above(dn: str, companies: dict[str, str]) -> str | None:
    names = [part.strip().lower() for part in parts(dn)]
    return next((companies[where] for n in range(len(names)) if (where := ",".join(names[n:])) in companies), None)
