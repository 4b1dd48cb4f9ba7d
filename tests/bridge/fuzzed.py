"""What `test_fuzz_ports` attacks: a node as the bridge runs it, with an epmd of its own, in a process of its own.

    python -m tests.bridge.fuzzed EPMD_PORT

Prints `port N`, then obeys lines: `join NAME` joins that switch and answers `joined`, `events` answers with how many
events it has of it, `turned` with how many connections were not let in.
"""

from __future__ import annotations

import asyncio
import logging
import sys

from bridge.node import Node
from bridge.session.session import SwitchSession
from bridge.term import Atom
from tests.fix_switch import COOKIE

FUZZER, SWITCH = "fuzz@127.0.0.1", "freeswitch@127.0.0.1"


async def main(epmd_port: int) -> None:
    node = Node("fuzzed@127.0.0.1", COOKIE, admit=[FUZZER, SWITCH], epmd_port=epmd_port)
    node.allow("m", "f", lambda *_: Atom("ok"))
    node.mailbox("ear").on_raw = lambda payload, link: None
    node.mailbox("eye").on_message = lambda envelope: None
    await node.start()
    assert node._server is not None
    print("port", node._server.sockets[0].getsockname()[1], flush=True)  # noqa: T201
    session: SwitchSession | None = None
    running: asyncio.Task[str] | None = None
    while line := (await asyncio.to_thread(sys.stdin.readline)).split():
        match line:
            case ["join", name]:
                session = SwitchSession(node, name, lambda switch, term: None)
                running = asyncio.create_task(session.run())
                await asyncio.wait_for(session.joined.wait(), 20)
                print("joined", flush=True)  # noqa: T201
            case ["events"] if session is not None:
                print("events", session.stats().events, flush=True)  # noqa: T201
            case ["turned"]:
                print("turned", node.door.turned().refused, flush=True)  # noqa: T201
    if running is not None:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
    await node.stop()


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    asyncio.run(main(int(sys.argv[1])))
