"""One connection to the emulated switch: who gets its events, what it subscribed to, and how its messages are answered.

The replies are mod_erlang_event's. Sending is the caller's: a listener returns what to send.
"""

from __future__ import annotations

from typing import Protocol

from bridge.emulator.subscription import Subscription
from bridge.session.texts import from_switch
from bridge.term import Atom, Pid, Term

_OK, _ERROR = Atom("ok"), Atom("error")
_SECTIONS = frozenset({"configuration", "directory", "dialplan", "phrases", "languages", "chatplan"})


class Switch(Protocol):
    """What a listener needs of the switch behind it."""

    def api(self, pid: Pid, command: str, argument: str) -> tuple[bool, str] | None:
        """Run a command: whether it went well, and its output; None when this process is told later."""

    def job(self, pid: Pid, command: str, argument: str) -> str:
        """Run a command later and tell this process; return the job's number."""

    def has(self, leg: str) -> bool:
        """Say whether a channel lives."""

    def fire(self, name: str, subclass: str, headers: list[tuple[str, str]]) -> None:
        """Make an event."""

    def text(self, text: str) -> Term:
        """Write a text as the switch is configured."""

    def reply(self, fetch_id: str, xml: str) -> bool:
        """Take the answer to a fetch; False for one that nobody waits for."""


class Listener:
    """One peer's connection."""

    def __init__(self, switch: Switch, peer: str, pid: Pid) -> None:
        self.peer = peer
        self.handler: Pid | None = None
        self.subscription = Subscription()
        self.bound: dict[str, Pid] = {}
        """who answers what is fetched, by section"""
        self._switch, self._pid = switch, pid

    def answer(self, message: Term, sender: Pid) -> Term | None:
        """Return the reply to one message, None for none."""
        match message:
            case Atom():
                return self._atom(message, sender)
            case (Atom() as tag, *rest):
                return self._tuple(tag, rest, sender)
            case _:
                return _error("undef")

    def _atom(self, atom: Atom, sender: Pid) -> Term:
        match str(atom):
            case "register_event_handler":
                self.handler = sender
                return _OK
            case "noevents":
                had = self.subscription.any
                self.subscription = Subscription()
                return _OK if had else _error("notlistening")
            case "getpid":
                return (_OK, self._pid)
            case "register_log_handler" | "nolog" | "exit":
                return _OK
            case _:
                return _error("undef")

    def _tuple(self, tag: Atom, rest: list[Term], sender: Pid) -> Term | None:
        match str(tag), rest:
            case "event" | "setevent" | "nixevent", []:
                return _error("badarg")
            case "event", _:
                self.subscription.add(_atoms(rest))
                return _OK
            case "setevent", _:
                return _OK if self.subscription.replace(_atoms(rest)) else _error("badarg")
            case "nixevent", _:
                self.subscription.remove(_atoms(rest))
                return _OK
            case "api" | "bgapi", _:
                return self._command(str(tag), rest, sender)
            case "sendmsg", [leg, list()]:
                name = from_switch(leg)
                if name is None:
                    return _error("badarg")
                return _OK if self._switch.has(name) else _error("nosession")
            case "sendevent", [Atom() as name, *more]:
                return self._sendevent(name, more)
            case "bind", [Atom() as section] if section in _SECTIONS:
                self.bound[str(section)] = sender
                return _OK
            case "fetch_reply", [fetch_id, xml]:
                name, answer = from_switch(fetch_id), from_switch(xml)
                if name is None or answer is None:
                    return _error("badarg")
                return (_OK, self._switch.text(name)) if self._switch.reply(name, answer) else _error("notfound")
            case "filter" | "set_log_level", [_, *_]:
                return _OK
            case "api" | "bgapi" | "sendmsg" | "sendevent" | "bind" | "filter", _:
                return _error("badarg")
            case _:
                return _error("undef")

    def result(self, good: bool, output: str) -> Term:
        """Return the reply that tells of a command."""
        if not output:
            good, output = False, "Command returned no output!"
        return (_OK if good else _ERROR, self._switch.text(output))

    def _command(self, kind: str, rest: list[Term], sender: Pid) -> Term | None:
        match rest:
            case [Atom() as command, argument, *_] if (text := from_switch(argument)) is not None:
                if kind == "bgapi":
                    return (_OK, self._switch.text(self._switch.job(sender, str(command), text)))
                result = self._switch.api(sender, str(command), text)
                return None if result is None else self.result(*result)
            case _:
                return _error("badarg")

    def _sendevent(self, name: Atom, rest: list[Term]) -> Term:
        subclass = ""
        if name == "CUSTOM":
            if not rest or not isinstance(rest[0], Atom):
                return _error("badarg")
            subclass, rest = str(rest[0]), rest[1:]
        if len(rest) != 1 or not isinstance(rest[0], list):
            return _error("badarg")
        headers: list[tuple[str, str]] = []
        for pair in rest[0]:
            match pair:
                case (key, value) if not isinstance(key, bytes) and not isinstance(value, bytes):
                    headers.append((from_switch(key) or "", from_switch(value) or ""))
                case _:
                    return _error("badarg")
        self._switch.fire(str(name), subclass, headers)
        return _OK


def _atoms(rest: list[Term]) -> list[str]:
    """Return the atoms; what is none is passed over, as the module does."""
    return [str(item) for item in rest if isinstance(item, Atom)]


def _error(reason: str) -> Term:
    return (_ERROR, Atom(reason))
