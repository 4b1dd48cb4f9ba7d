"""The life of an emulated switch core: its id, its counters, its channels, its answers, events of its own making."""

from __future__ import annotations

import itertools
import time
from uuid import uuid4

from bridge.emulator.answers import channel_row, configuration, show_channels, simple, status
from bridge.emulator.sound import AT_SWITCH
from bridge.emulator.writing import write_event
from core.headers import header, text


class Core:
    """What of a core outlives its calls."""

    def __init__(self, core_uuid: str | None = None, encoding: str = "string") -> None:
        self.core_uuid = core_uuid or str(uuid4())
        self.encoding = encoding
        self.sequence = itertools.count(1)
        self.sessions = 0
        self.channels: dict[str, dict[str, str]] = {}
        self._began = time.monotonic()

    def note(self, name: str, term: bytes) -> None:
        """Take note of an event that is sent: channels begin and end."""
        if name not in {"CHANNEL_CREATE", "CHANNEL_DESTROY"}:
            return
        leg = text(header(term, b"Unique-ID") or b"")
        if name == "CHANNEL_CREATE":
            self.channels[leg] = channel_row(leg, term)
        else:
            self.channels.pop(leg, None)

    def make(self, name: str, subclass: str, headers: list[tuple[str, str]]) -> bytes:
        """Return an event of the core's own."""
        now = time.time_ns() // 1000
        when = time.gmtime(now // 1_000_000)
        pairs = [("Event-Subclass", subclass)] if subclass else []
        pairs += [
            ("Event-Name", name),
            ("Core-UUID", self.core_uuid),
            ("FreeSWITCH-Hostname", "emulated"),
            ("Event-Date-Local", time.strftime("%Y-%m-%d %H:%M:%S", when)),
            ("Event-Date-GMT", time.strftime("%a, %d %b %Y %H:%M:%S GMT", when)),
            ("Event-Date-Timestamp", str(now)),
            ("Event-Sequence", str(next(self.sequence))),
            *headers,
        ]
        return write_event(None, [(key.encode(), value.encode()) for key, value in pairs], self.encoding == "binary")

    def heartbeat(self) -> bytes:
        """Return the event that a core makes every 20 s."""
        counts = {
            "Event-Info": "System Ready",
            "Session-Count": str(len(self.channels)),
            "Session-Since-Startup": str(self.sessions),
        }
        return self.make("HEARTBEAT", "", list(counts.items()))

    def api(self, command: str, argument: str) -> tuple[bool, str]:
        """Run a command: whether it went well, and its output."""
        output = self._output(command, argument)
        if output is None:
            return False, f"{command}: Command not found!\n"
        return not output.startswith("-"), output

    def _output(self, command: str, argument: str) -> str | None:
        match command, argument:
            case "status", _:
                return status(int(time.monotonic() - self._began), self.sessions, len(self.channels))
            case "show", "channels as json":
                return show_channels(self.channels)
            case "show", _:
                return "\n0 total.\n"
            case "uuid_exists", leg:
                return "true" if leg in self.channels else "false"
            case "uuid_kill", words:
                return "+OK\n" if words.partition(" ")[0] in self.channels else "-ERR No such channel!\n"
            case "uuid_getvar", words:
                return "_undef_" if words.partition(" ")[0] in self.channels else "-ERR No such channel!\n"
            case "global_getvar", "recordings_dir":
                return AT_SWITCH
            case "global_getvar", "core_uuid":
                return self.core_uuid
            case "xml_locate", what:
                return configuration(what, self.encoding)
            case _:
                return simple(command, argument)
