"""What the registry says of our own switches, told in the log: the calls that go from one to another are known by it.

A fold knows nothing but the log. So the addresses of the switches, and the trunks that lead from one to another, stand
in it as an event of our own, from the time on when the registry said so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import msgspec

from bridge.fetch.outside import gateway
from core.own_event import SWITCHES
from core.registry import Registry


class OwnSwitches:
    """Tells the log what a registry says of switches, at the start and whenever that is something else."""

    def __init__(self, put: Callable[..., None]) -> None:
        """``put`` takes an own event's name and headers (`LogWriter.put_own`)."""
        self._put = put
        self._told: str | None = None

    def tell(self, registry: Registry) -> None:
        """Tell it, unless that was told last."""
        trunks = (*registry.shared_trunks, *(one for c in registry.companies.values() for one in c.trunks))
        claims = [(address, one.node) for one in registry.switches.values() for address in one.addresses]
        claimed = Counter(address for address, _ in claims)
        said = {
            # What two claim proves nothing.
            "addresses": {address: node for address, node in claims if claimed[address] == 1},
            "trunks": {gateway(one): one.leads_to for one in trunks if one.leads_to in registry.switches},
        }
        text = msgspec.json.encode(said, order="sorted").decode()
        if text != self._told:
            self._put(SWITCHES, Harmony_Switches=text)
            self._told = text
