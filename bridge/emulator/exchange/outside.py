"""The world behind a trunk: somebody at a number, who answers after a while, or is busy, or is nobody.

Numbers decide: ...0 is nobody's, ...9 is busy, ...8 does not answer; all others answer.
"""

from __future__ import annotations

from typing import Final

from bridge.emulator.exchange.channel import Channel
from bridge.emulator.exchange.exchange import Exchange
from bridge.emulator.exchange.session import answer, codecs, hang_up, ring_ready
from bridge.emulator.exchange.threads import TICK, Thread

SECOND: Final = 1_000_000
LONGEST: Final = 600 * SECOND
"""µs after which whoever was called hangs up"""


def outside(exchange: Exchange, channel: Channel, where: str) -> Thread[None]:
    """Be who is called by a gateway, ``gateway/NAME/NUMBER``."""
    parts = where.split("/")
    if parts[0] == "gateway" and len(parts) > 2:
        channel.variables["sip_gateway_name"] = parts[1]
    number = parts[-1]
    yield exchange.threads.after(TICK)
    if number.endswith("0"):
        hang_up(exchange, channel, "UNALLOCATED_NUMBER", "recv_refuse")
        return
    if number.endswith("9"):
        hang_up(exchange, channel, "USER_BUSY", "recv_refuse")
        return
    channel.variables["sip_call_id"] = exchange.new_uuid()
    ring_ready(exchange, channel)
    seconds = exchange.random.uniform(2.0, 6.0) if not number.endswith("8") else 3600.0
    if (yield exchange.threads.within(int(seconds * SECOND), lambda: not channel.up)):
        return
    codecs(exchange, channel)
    answer(exchange, channel)
    yield exchange.threads.within(LONGEST, lambda: not channel.up)
    hang_up(exchange, channel, "NORMAL_CLEARING", "recv_bye")
