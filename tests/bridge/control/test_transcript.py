"""Every order from the store over the bridge to a C node: what the switch was asked, line by line, and what came of it.

`KEEP_TRANSCRIPT=1` writes the kept transcript again, and the page that shows it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import msgspec
import pytest

from core.commands.orders import KINDS, Order, Status, kind_of
from core.commands.store import CommandStore
from tests.bridge.control.orders import DEAD, EVERY, LEGS
from tests.fix_switch import CNode, StartBridge, StartSwitch, eventually

pytestmark = pytest.mark.erlang
KEPT = Path(__file__).with_name("transcript.txt")
PAGE = Path(__file__).parents[3] / "docs" / "reference" / "commands-on-the-switch.md"
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
_ASKED = re.compile(r"\{(api|bgapi|sendmsg|sendevent), ")
_BYTES = re.compile(r"(?:\\xffffff[0-9a-f]{2})+")
_ANSWERED = re.compile(r"(\{(ok|error|bgok|bgerror), |ok$)")


async def carried_out(store: CommandStore, order: Order, switch: str) -> Status:
    asked = store.request(order, switch=switch, tenant="alpha.example", by="operator")
    status: list[Status] = []

    def ended() -> bool:
        status[:] = [one for one in [store.get(asked.command_id, None)] if one is not None]
        return status[0].state == "completed"

    await eventually(ended)
    return status[0]


def conversation(switch: CNode) -> list[str]:
    """Return what was asked and answered so far; without events and the times."""
    return [
        f"  {arrow} {_BYTES.sub(readable, text)}"
        for arrow, text in switch.said()
        if (_ASKED if arrow == "->" else _ANSWERED).match(text)
    ]


def readable(found: re.Match[str]) -> str:
    """libei writes a byte above 127 as a negative number."""
    return bytes.fromhex(found[0].replace(r"\xffffff", "")).decode()


def renamed(lines: list[str]) -> list[str]:
    """The numbers that nobody chose get names."""
    known = {leg: leg for leg in (*LEGS, DEAD)}

    def name(found: re.Match[str]) -> str:
        return known.setdefault(found[0], f"NUMBER-{len(known) - len(LEGS)}")

    return [_UUID.sub(name, line) for line in lines]


async def test_every_order(dsn: str, start_switch: StartSwitch, start_bridge: StartBridge) -> None:
    assert {kind_of(order) for order in EVERY} == set(KINDS)
    switch = await start_switch()
    await start_bridge(dsn, switch.name, commands=True)
    for leg in LEGS:
        await switch.tell(f"channel add {leg}", "channels")
    written: list[str] = []
    with CommandStore(dsn) as store:
        for order in EVERY:
            before = len(conversation(switch))
            status = await carried_out(store, order, switch.name)
            said = " ".join((status.said or "").split())
            made = f" (leg {status.new_leg})" if status.new_leg else ""
            lines = [*conversation(switch)[before:], f"  {status.result}: {said}{made}"]
            written += [msgspec.json.encode(order).decode(), *renamed(lines), ""]
    text = "\n".join(written)
    if os.environ.get("KEEP_TRANSCRIPT"):
        KEPT.write_text(text)
        PAGE.write_text(shown_with(text))
    assert text == KEPT.read_text()
    assert PAGE.read_text() == shown_with(text)


def shown_with(text: str) -> str:
    """The page of the reference with this transcript."""
    before, fence, _ = PAGE.read_text().partition("```text\n")
    return f"{before}{fence}{text.rstrip()}\n```\n"
