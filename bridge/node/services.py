"""What other nodes expect to find on a node: `net_kernel` answers a ping, `rex` and `erpc` run what is allowed.

Nothing is callable unless it was allowed by name: the cookie lets a node talk to us, not run code here.
"""

from __future__ import annotations

import asyncio
import inspect
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, cast

from bridge.dist import control as controls
from bridge.errors import TermError
from bridge.node.door import Door
from bridge.node.link import Link
from bridge.node.mailbox import NORMAL, Envelope, Mailbox, Target
from bridge.term import Atom, Pid, Ref, String, Term, decode_prefix

Callee = Callable[..., "Term | Awaitable[Term]"]
# Calls that run at once. A peer that asks for more gets `system_limit`, as a BEAM out of processes would answer.
MOST_CALLS: Final = 1_024

_GEN_CALL, _GEN_CAST = Atom("$gen_call"), Atom("$gen_cast")
_BADRPC, _EXIT, _UNDEF, _ERROR = Atom("badrpc"), Atom("EXIT"), Atom("undef"), Atom("error")


class Undefined(Exception):
    """Not on the allow-list."""


class Owner(Protocol):
    """The node, as its standard processes see it."""

    @property
    def name(self) -> Atom: ...

    @property
    def pid(self) -> Pid: ...

    @property
    def log(self) -> logging.Logger: ...

    @property
    def door(self) -> Door: ...

    def mailbox(self, name: str | None = None) -> Mailbox: ...

    def link_to(self, peer: str) -> Link | None: ...

    def send(self, to: Target, message: Term, sender: Pid) -> None: ...


class Services:
    """The standard processes of one node."""

    def __init__(self, node: Owner) -> None:
        self._node = node
        self._allowed: dict[tuple[str, str], Callee] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self) -> None:
        for name, serve in (("net_kernel", self._net_kernel), ("rex", self._rex)):
            mailbox = self._node.mailbox(name)
            mailbox.on_message, mailbox.killable = partial(self._asked, serve), False

    def allow(self, module: str, function: str, callee: Callee) -> None:
        """Let peers call `module:function` by rpc and erpc; it gets the arguments as terms and gives a term."""
        self._allowed[module, function] = callee

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # -- net_kernel and rex ---------------------------------------------------------------------------------------

    def _asked(self, serve: Callable[[Envelope], None], envelope: Envelope) -> None:
        """Answers go to the node that asked, never to a process of another one that it names as the caller."""
        link = envelope.link
        match envelope.term:
            case (_, (Pid() as caller, _), _) if link is not None and caller.node != link.peer:
                self._node.door.forged(None, link)
            case _:
                serve(envelope)

    def _net_kernel(self, envelope: Envelope) -> None:
        match envelope.term:
            case (tag, (Pid() as caller, mark), (Atom("is_auth"), _)) if tag == _GEN_CALL:
                self._answer(caller, mark, Atom("yes"))
            case _:
                self._node.log.debug("net_kernel: %r is not answered", envelope.term)

    def _rex(self, envelope: Envelope) -> None:
        match envelope.term:
            case (tag, (Pid() as caller, mark), (Atom("call"), Atom() as module, Atom() as function, args, _)) if (
                tag == _GEN_CALL
            ):
                if not self._run(self._rex_call(caller, mark, module, function, args)):
                    self._answer(caller, mark, (_BADRPC, Atom("system_limit")))
            case (tag, (Atom("cast"), Atom() as module, Atom() as function, args, _)) if tag == _GEN_CAST:
                self._run(self._rex_call(None, NORMAL, module, function, args))
            case (tag, (Pid() as caller, mark), _) if tag == _GEN_CALL:
                self._answer(caller, mark, (_BADRPC, (_EXIT, (_UNDEF, []))))
            case _:
                self._node.log.debug("rex: %r is not answered", envelope.term)

    async def _rex_call(self, caller: Pid | None, mark: Term, module: Atom, function: Atom, args: Term) -> None:
        result: Term
        try:
            result = await self._apply(module, function, args)
        except Undefined:
            result = (_BADRPC, (_EXIT, (_UNDEF, [(module, function, args, [])])))
        except Exception as error:
            self._node.log.exception("The call of %s:%s by a peer failed", module, function)
            result = (_BADRPC, (_EXIT, (_reason(error), [])))
        if caller is not None:
            self._answer(caller, mark, result)

    def _answer(self, caller: Pid, mark: Term, result: Term) -> None:
        # The mark may be [alias | Ref]. We did not agree to aliases, so the answer goes to the caller's pid.
        if caller.node == self._node.name or self._node.link_to(caller.node) is not None:
            self._node.send(caller, (mark, result), self._node.pid)

    # -- spawn requests: erpc, and rpc since OTP 23 -----------------------------------------------------------------

    def spawn(self, link: Link, request: controls.SpawnRequest, payload: bytes) -> None:
        """Run a requested process; its reply goes out before anything else that it causes."""
        try:
            args, _ = decode_prefix(payload)
        except TermError:
            args = []
        work = self._work(request, args)
        if work is None or len(self._tasks) >= MOST_CALLS:
            why = Atom("notsup") if work is None else Atom("system_limit")
            if work is not None:
                work.close()
            link.send(controls.SpawnReply(request.ref, request.sender, 0, why))
            return
        process = self._node.mailbox()
        monitored = _has_option(request.options, "monitor")
        linked = _has_option(request.options, "link")
        link.send(controls.SpawnReply(request.ref, request.sender, int(linked) | int(monitored) << 1, process.pid))
        if linked:
            process.links[request.sender] = None
        if monitored:
            process.watchers[request.ref] = (request.sender, process.pid)
        task = asyncio.get_running_loop().create_task(_live(process, work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        process.on_close = lambda: cast(None, task.cancel())

    def _work(self, request: controls.SpawnRequest, args: Term) -> _Work | None:
        """What the process will do, or None if it is nothing that we know."""
        called = (request.module, request.function)
        match args:
            case [Ref() as ref, Atom() as module, Atom() as function, call_args] if called == ("erpc", "execute_call"):
                return self._erpc_call(ref, module, function, call_args)
            case [Atom() as module, Atom() as function, call_args] if called == ("erpc", "execute_cast"):
                return self._erpc_cast(module, function, call_args)
            case _ if called in self._allowed:
                return self._erpc_cast(request.module, request.function, args)
            case _:
                return None

    async def _erpc_call(self, ref: Ref, module: Atom, function: Atom, args: Term) -> Term:
        """erpc's answer is the exit reason of the process that did the work (OTP `erpc:execute_call/4`)."""
        try:
            return (ref, Atom("return"), await self._apply(module, function, args))
        except Undefined:
            return (ref, _ERROR, _UNDEF, [(module, function, args, [])])
        except Exception as error:
            self._node.log.exception("The call of %s:%s by a peer failed", module, function)
            return (ref, _ERROR, _reason(error), [])

    async def _erpc_cast(self, module: Atom, function: Atom, args: Term) -> Term:
        try:
            await self._apply(module, function, args)
        except Undefined:
            return (_UNDEF, [(module, function, args, [])])
        except Exception as error:
            self._node.log.exception("The call of %s:%s by a peer failed", module, function)
            return (_reason(error), [])
        return NORMAL

    async def _apply(self, module: Atom, function: Atom, args: Term) -> Term:
        callee = self._allowed.get((module, function))
        if callee is None:
            raise Undefined
        if isinstance(args, String):  # a list of small integers looks like this on the wire
            args = list(args.value)
        if not isinstance(args, list):
            raise TypeError("the arguments are no list")
        result = callee(*args)
        return await result if inspect.isawaitable(result) else result

    def _run(self, work: _RexWork) -> bool:
        if len(self._tasks) >= MOST_CALLS:
            work.close()
            return False
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True


if TYPE_CHECKING:
    from collections.abc import Coroutine

    _Work = Coroutine[object, object, Term]
    _RexWork = Coroutine[object, object, None]


async def _live(process: Mailbox, work: _Work) -> None:
    try:
        reason = await work
    except asyncio.CancelledError:
        reason = Atom("killed")
        process.on_close = None
        process.close(reason)
        raise
    process.on_close = None
    process.close(reason)


def _has_option(options: tuple[Term, ...], name: str) -> bool:
    return any(option == name or (isinstance(option, tuple) and option[:1] == (name,)) for option in options)


def _reason(error: Exception) -> Term:
    return (Atom(type(error).__name__), str(error).encode())
