"""An Erlang node as the target of a replay: the terms byte for byte, to a process, or to a listener of a switch."""

from bridge.emulator.replayed import ReplayedSwitch, Sender
from bridge.node import Node
from core.event import SwitchEvent


class Erlang:
    """To a registered process of a node; without one, to the node as a listener that registers with a switch."""

    def __init__(self, name: str, cookie: str, peer: str, process: str | None, encoding: str = "string") -> None:
        node = Node(name, cookie)
        self._to: Sender | ReplayedSwitch
        if process is not None:
            self._to = Sender(node, peer, process)
            self.where = f"the process {process} of the Erlang node {peer}, from {name}"
        else:
            self._to = ReplayedSwitch(node, peer, encoding=encoding)
            self.where = f"the Erlang node {peer}, as the switch {name} that it has registered with"

    async def start(self) -> None:
        await self._to.start()

    async def send(self, event: SwitchEvent, behind: str) -> None:
        await self._to.send(event.topic, event.term)

    async def settle(self) -> None:
        return

    async def stop(self) -> None:
        await self._to.stop()
