"""An Erlang node as the target of a replay: the terms byte for byte, to a process, or to a listener of a switch."""

from bridge.emulator.replayed import ReplayedSwitch, Sender
from bridge.node import Node
from bridge.node.node import beside
from bridge.session.lines import BESIDE
from core.event import SwitchEvent


class Erlang:
    """To a registered process of a node; without one, to the node as a listener that registers with a switch."""

    def __init__(
        self,
        name: str,
        cookie: str,
        peer: str,
        process: str | None,
        *,
        core_uuid: str = "",
        began: int = 0,
        encoding: str = "string",
        address: str = "127.0.0.1",
    ) -> None:
        """`core_uuid` and `began`: of the first event, for a listener's questions before it; `address`: where the
        peer may connect to us, with its node for commands, and nobody else."""
        node = Node(name, cookie, admit=[peer, beside(peer, BESIDE)], address=address)
        self._to: Sender | ReplayedSwitch
        if process is not None:
            self._to = Sender(node, peer, process)
            self.waits_for = ""
            self.where = f"the process {process} of the Erlang node {peer}, from {name}"
        else:
            self._to = ReplayedSwitch(node, peer, core_uuid, began, encoding=encoding)
            self.waits_for = f"{peer} has registered with {name} and subscribed"
            self.where = f"the Erlang node {peer}, as the switch {name} that it has registered with"

    async def start(self) -> None:
        await self._to.start()

    async def send(self, event: SwitchEvent, behind: str) -> None:
        await self._to.send(event.topic, event.term, event.occurred_at)

    async def settle(self) -> None:
        return

    async def stop(self) -> None:
        await self._to.stop()
