"""Places where calls are parked, and fetched from (mod_valet_parking). Which number is a place is the dialplan's."""

from __future__ import annotations

from typing import Final

from bridge.emulator.exchange.applications import pause
from bridge.emulator.exchange.bridging import join
from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.executing import APPLICATIONS, transfer
from bridge.emulator.exchange.headers import Header
from bridge.emulator.exchange.threads import Thread

MUSIC: Final = "silence_stream://-1"
SECOND: Final = 1_000_000


class Lots:
    """Who is parked where: legs by lot and place."""

    def __init__(self) -> None:
        self.parked: dict[tuple[str, str], Channel] = {}
        self.told = 0

    @classmethod
    def of(cls, exchange: Exchange) -> Lots:
        """Return the lots of a switch."""
        lots: Lots = exchange.parts.setdefault(cls, cls())
        return lots


def _valet_park(exchange: Exchange, channel: Channel, data: str) -> Thread[None]:
    lot, _, place = data.partition(" ")
    lots = Lots.of(exchange)
    waiting = lots.parked.get((lot, place))
    if waiting is not None and waiting.up:
        told = [*_info(lot, place, "bridge"), ("Bridge-To-UUID", channel.uuid)]
        del lots.parked[lot, place]
        exchange.emit(waiting, "CUSTOM", first=told, subclass="valet_parking::info")
        join(exchange, waiting, channel)
        return
    lots.parked[lot, place] = channel
    exchange.emit(channel, "CUSTOM", first=_info(lot, place, "hold"), subclass="valet_parking::info")
    _watched(exchange, lots, lot, place, here=True)
    playing = [("Playback-File-Path", MUSIC)]
    exchange.emit(channel, "PLAYBACK_START", playing)
    seconds = int(channel.variables.get("valet_parking_timeout") or 600)
    late = yield from pause(exchange, channel, seconds * SECOND)
    if lots.parked.get((lot, place)) is channel:
        del lots.parked[lot, place]
    exchange.emit(channel, "PLAYBACK_STOP", [*playing, ("Playback-Status", "done")])
    _watched(exchange, lots, lot, place, here=False)
    exchange.emit(channel, "CUSTOM", first=_info(lot, place, "exit"), subclass="valet_parking::info")
    back = channel.variables.get("valet_parking_orbit_exten")
    if late and back:
        transfer(exchange, channel, back, channel.variables.get("valet_parking_orbit_context", ""))


def _info(lot: str, place: str, action: str) -> list[Header]:
    return [("Valet-Lot-Name", lot), ("Valet-Extension", place), ("Action", action)]


def _watched(exchange: Exchange, lots: Lots, lot: str, place: str, *, here: bool) -> None:
    """Tell who watches the lot, and the place."""
    name, _, domain = lot.partition("@")
    waiting = sum(1 for found, _ in lots.parked if found == lot)
    status = f"Active ({waiting} caller{'s' if waiting != 1 else ''})" if waiting else "Empty"
    for one, said, way in ((name, status, "inbound"), (place, "Holding" if here else "Empty", "outbound")):
        told = [
            ("proto", "park"),
            ("login", one),
            ("from", f"{one}@{domain}"),
            ("force-status", said),
            ("rpid", "unknown" if said == "Empty" else "active"),
            ("event_type", "presence"),
            ("alt_event_type", "dialog"),
            ("event_count", str(lots.told)),
            ("unique-id", one),
            ("channel-state", "CS_HANGUP" if said == "Empty" else "CS_ROUTING"),
            ("answer-state", "terminated" if said == "Empty" else "confirmed"),
            ("presence-call-direction", way if here else "inbound"),
        ]
        lots.told += 1
        exchange.fire("PRESENCE_IN", told)


APPLICATIONS["valet_park"] = _valet_park
