"""Names in the registry that Harmony does not know: a misspelt one would be passed over without a word.

The names are those of rel/ldap/harmony.schema; what does not begin with `harmony` belongs to other schemas.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Final

from core.registry.ldif import RawEntry
from core.registry.reader import CLASSES, Finding

ATTRIBUTES: Final = (
    "harmonyAddress",
    "harmonyAuthPassword",
    "harmonyAuthUser",
    "harmonyCallerId",
    "harmonyChoice",
    "harmonyCode",
    "harmonyDialplanAction",
    "harmonyDoNotDisturb",
    "harmonyDomain",
    "harmonyEmergencyNumber",
    "harmonyEmergencyTrunk",
    "harmonyEnabled",
    "harmonyExpression",
    "harmonyFallback",
    "harmonyFeature",
    "harmonyFirst",
    "harmonyForwardAlways",
    "harmonyForwardBusy",
    "harmonyForwardNoAnswer",
    "harmonyGreeting",
    "harmonyLanguage",
    "harmonyLast",
    "harmonyLeadsTo",
    "harmonyLevel",
    "harmonyLine",
    "harmonyMac",
    "harmonyMaxFailures",
    "harmonyMaxWait",
    "harmonyMember",
    "harmonyModel",
    "harmonyModeratorPin",
    "harmonyMusic",
    "harmonyNumber",
    "harmonyOrder",
    "harmonyOutbound",
    "harmonyOutboundPrefix",
    "harmonyPickupGroup",
    "harmonyPin",
    "harmonyPosition",
    "harmonyPriority",
    "harmonyProxy",
    "harmonyQueue",
    "harmonyRealm",
    "harmonyRegister",
    "harmonyRingSeconds",
    "harmonyRole",
    "harmonySipHash",
    "harmonySipPassword",
    "harmonySpeedDial",
    "harmonyStrategy",
    "harmonySupervises",
    "harmonyTarget",
    "harmonyTimeZone",
    "harmonyTimeout",
    "harmonyVendor",
    "harmonyVoicemail",
    "harmonyVoicemailPin",
)


def unknown(entries: Iterable[RawEntry]) -> Iterator[Finding]:
    """Find attributes and object classes of ours that there are none of."""
    attributes = {name.lower(): name for name in ATTRIBUTES}
    for entry in entries:
        for name in entry.attributes:
            if name.startswith("harmony") and name not in attributes:
                what = f"Harmony knows no attribute {name}: {_advice(name, attributes)}."
                yield Finding(entry.dn, "registry.unknown-attribute", what)
        for value in entry.attributes.get("objectclass", []):
            if value.lower().startswith("harmony") and value.lower() not in CLASSES:
                known = {one: one for one in CLASSES}
                what = f"Harmony knows no object class {value}: {_advice(value.lower(), known)}."
                yield Finding(entry.dn, "registry.unknown-class", what)


def _advice(name: str, known: dict[str, str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"the nearest is {known[close[0]]}" if close else "take it out, or write it as harmony.schema does"
