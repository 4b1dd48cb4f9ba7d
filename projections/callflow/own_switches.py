"""Which switches are our own, by the registry's word: what comes from their addresses was sent by them.

The word is an event of our own in the log, told whenever the registry says something else; it counts for what comes
behind it. What is known is a small state of its own at rest, beside those of the calls.
"""

import msgspec

from core.event import SwitchEvent

CALL_ID = "harmony::switches"
"""under which the state is kept; the topic's name, which no leg has"""
TOPIC = f"CUSTOM {CALL_ID}"


class _Said(msgspec.Struct):
    """What the event says."""

    addresses: dict[str, str] = {}
    """by IP address, the node of the switch that sends from there"""
    trunks: dict[str, str] = {}
    """by name of a gateway, the node of the switch that it leads to"""


class _Stored(msgspec.Struct, array_like=True, tag="switches"):
    """The same at rest."""

    addresses: dict[str, str]
    trunks: dict[str, str]


_said = msgspec.json.Decoder(_Said).decode
_encode = msgspec.msgpack.Encoder(order="sorted").encode
_stored = msgspec.msgpack.Decoder(_Stored).decode


class OwnSwitches:
    """The addresses and trunks of our own switches, as they were told last."""

    def __init__(self) -> None:
        self._addresses: dict[str, str] = {}
        self._trunks: dict[str, str] = {}
        self.changed = False

    def __bool__(self) -> bool:
        return bool(self._addresses or self._trunks)

    def at(self, address: str) -> str:
        """The node of the switch of ours at an address; empty for anybody else's."""
        return self._addresses.get(address, "")

    def behind(self, trunk: str) -> str:
        """The node of the switch of ours that a trunk leads to; empty for one to the world."""
        return self._trunks.get(trunk, "")

    def take(self, event: SwitchEvent) -> None:
        """Take in what the event says; raises `msgspec.MsgspecError` for one that says nothing of the kind."""
        said = _said(event.get("Harmony-Switches") or "")
        self._addresses, self._trunks, self.changed = said.addresses, said.trunks, True

    def after(self, event: SwitchEvent) -> "OwnSwitches":
        """What is known when this event has been taken in; the same for an event of something else."""
        if event.topic != TOPIC:
            return self
        other = OwnSwitches()
        try:
            other.take(event)
        except msgspec.MsgspecError:
            return self  # it will be refused
        return other

    def rest(self) -> bytes:
        """The state at rest."""
        return _encode(_Stored(self._addresses, self._trunks))

    def restore(self, state: bytes) -> bool:
        """Take it from a state at rest; False for one that is something else's."""
        try:
            stored = _stored(state)
        except msgspec.ValidationError:
            return False
        if not self:
            self._addresses, self._trunks = stored.addresses, stored.trunks
        return True
