"""Calling functions on other nodes, and asking whether they live. The answers come to a process of the call's own.

FreeSWITCH has neither `rex` nor an answering `net_kernel`; this is for nodes that are Erlang's or ours.
"""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from bridge.errors import CallFailed, NodeError
from bridge.node.mailbox import Mailbox, Target
from bridge.term import Atom, Pid, Term

_GEN_CALL: Final = Atom("$gen_call")


class Caller(Protocol):
    """The node that calls."""

    @property
    def name(self) -> Atom: ...

    @property
    def pid(self) -> Pid: ...

    async def connect(self, peer: str) -> object: ...

    def mailbox(self, name: str | None = None, *, of: str | None = None) -> Mailbox: ...

    def send(self, to: Target, message: Term, sender: Pid) -> None: ...


async def call(node: Caller, peer: str, module: str, function: str, args: list[Term], within: float) -> Term:
    """The value of `module:function(args...)` on the peer, by its `rex`; `CallFailed` if there is none."""
    where = f"{module}:{function} on {peer}"
    await node.connect(peer)
    request: Term = (Atom("call"), Atom(module), Atom(function), args, node.pid)
    answer = await _gen_call(node, peer, "rex", request, within, where)
    match answer:
        case ("badrpc", reason):
            raise CallFailed(f"{where} failed: {str(reason)[:200]}", reason)
        case _:
            return answer


async def ping(node: Caller, peer: str, within: float) -> bool:
    """Whether the peer is there and answers, as `net_adm:ping` asks. It connects if need be."""
    try:
        await node.connect(peer)
        answer = await _gen_call(node, peer, "net_kernel", (Atom("is_auth"), node.name), within, f"ping of {peer}")
    except NodeError:
        return False
    return answer == Atom("yes")


async def _gen_call(node: Caller, peer: str, name: str, request: Term, within: float, what: str) -> Term:
    process = node.mailbox(of=peer)
    mark = process.monitor((name, peer))
    try:
        if mark in process.watching:
            node.send((name, peer), (_GEN_CALL, (process.pid, mark), request), process.pid)
        async with asyncio.timeout(within):
            while True:
                match await process.receive():
                    case (first, answer) if first == mark:
                        return answer
                    case ("DOWN", ref, _, _, reason) if ref == mark:
                        raise CallFailed(f"{what} failed: {str(reason)[:200]}", reason)
                    case _:
                        continue
    except TimeoutError:
        raise CallFailed(f"{what} gave no answer within {within:g} s: is the peer overloaded?") from None
    finally:
        process.close()
