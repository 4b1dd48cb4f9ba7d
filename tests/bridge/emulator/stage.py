"""What the tests of the emulated switch share: a switch whose users are those of the example, without a wire; recorded
acts to hold it against; and what of two series of events must be the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from random import Random

from bridge.emulator.core import Core
from bridge.emulator.exchange import COMMANDS, Exchange, Fetch, Manner, Phone
from bridge.emulator.exchange.hearing import press
from bridge.emulator.exchange.threads import Thread
from bridge.fetch import answer
from bridge.fetch.request import Request
from core.capture import read_capture
from core.headers import headers, is_event, text
from tests.core.registry.examples import example

TESTS = Path(__file__).parents[2]
NOW = 1_800_000_000_000_000
DOMAIN = "alpha.example"
SECOND = 1_000_000
# What a dialplan does beside the acts, and what sound makes of them: each switch's own.
ASIDE = frozenset({"set", "export", "hash", "bind_meta_app", "unset", "db"})
UNHEARD = frozenset(
    {"CODEC", "RECV_RTCP_MESSAGE", "SEND_RTCP_MESSAGE", "HEARTBEAT", "RE_SCHEDULE", "TRAP", "API", "CALL_UPDATE"}
    | {"MESSAGE_WAITING", "MESSAGE_QUERY", "BACKGROUND_JOB", "PRESENCE_IN"}
)
# Headers whose values must be the same; ids by the letter of their leg.
MATTER = (
    *("Channel-State", "Channel-Call-State", "Answer-State", "Hangup-Cause", "Call-Direction", "Channel-Presence-ID"),
    *("Original-Channel-Call-State", "Application", "Application-Data"),
    *("Caller-Caller-ID-Number", "Caller-Destination-Number", "Caller-Context", "Caller-Callee-ID-Number"),
    *("Other-Type", "Other-Leg-Unique-ID", "Bridge-A-Unique-ID", "Bridge-B-Unique-ID"),
    *("variable_originate_disposition", "variable_sip_hangup_disposition", "variable_hangup_cause"),
    *("Conference-Name", "Conference-Size", "Action", "Floor", "Speak", "Talking", "Member-ID", "DTMF-Digit"),
    *("CC-Queue", "CC-Action", "CC-Agent", "CC-Cause", "CC-Cancel-Reason", "CC-Member-CID-Number", "CC-Agent-UUID"),
    *("variable_cc_side", "variable_cc_agent", "variable_cc_member_session_uuid"),
    *("Valet-Lot-Name", "Valet-Extension", "Bridge-To-UUID", "Media-Bug-Function", "Record-File-Path"),
    *("variable_user_name", "variable_dialed_user", "variable_originator", "variable_endpoint_disposition"),
)
Told = tuple[str, dict[str, str]]
Act = tuple[str, dict[str, str]]


class Stage:
    """The emulated switch, its phones, and the events that it made."""

    def __init__(self, *users: str, late: bool = False, seed: int = 1) -> None:
        self.exchange = Exchange(Core(), NOW, Random(seed), late=late)
        self.exchange.fetched = self._fetch
        self.told: list[Told] = []
        self.terms: list[bytes] = []
        self.phones: dict[str, Phone] = {}
        for number, user in enumerate(users):
            self.phones[user] = Phone(self.exchange, user, DOMAIN, 6100 + number, Manner("wait"))
            self.phones[user].registered_until = NOW + 3600 * SECOND

    def _fetch(self, asked: Fetch) -> None:
        tag, key, value = asked.which
        request = Request(asked.section, tag, key, value, asked.fetch_id, dict(asked.values))
        self.exchange.reply(asked.fetch_id, answer(example(), request).xml)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        for event in self.exchange.advance(self.exchange.threads.now + int(seconds * SECOND)):
            self.terms.append(event.term)
            self.told.append((f"{event.name} {event.subclass}".strip(), told(event.term)))

    def command(self, name: str, argument: str) -> Callable[[], str]:
        """Give a command; its answer comes when there is one."""
        said: list[str] = []

        def run() -> Thread[None]:
            result = COMMANDS[name](self.exchange, argument)
            said.append(result if isinstance(result, str) else (yield from result))

        self.exchange.start(run())
        return lambda: said[0]

    def done(self, name: str, argument: str) -> str:
        """Give a command that answers at once; return its answer."""
        said = self.command(name, argument)
        self.wait(0)
        return said()

    def lift(self, user: str) -> None:
        """Answer what rings at a phone."""
        self.exchange.start(self.phones[user].lift(self.phones[user].lines[-1]))

    def put_down(self, user: str) -> None:
        """Hang up a phone's last call."""
        self.phones[user].put_down(self.phones[user].lines[-1])

    def press(self, user: str, digits: str) -> None:
        """Press keys at a phone."""
        self.exchange.start(press(self.exchange, self.phones[user].lines[-1], digits))

    def open_queue(self, name: str, *available: str) -> None:
        """Load a queue; these agents of it are there."""
        assert self.done("callcenter_config", f"queue load {name}@{DOMAIN}") == "+OK\n"
        for user in available:
            assert self.done("callcenter_config", f"agent set status {user}@{DOMAIN} 'Available'") == "+OK\n"

    def leg(self, user: str) -> str:
        """The last leg of a phone."""
        return self.phones[user].lines[-1].uuid


def told(term: bytes) -> dict[str, str]:
    """An event's headers, the last of each."""
    return {text(name): text(value) for name, value in headers(term).items()}


def recorded(name: str) -> list[Told]:
    """The events of a recording in the order in which its switch made them."""
    folder = TESTS / ("captures" if (TESTS / "captures" / name).exists() else "scenarios")
    events = [told(record.term) for record in read_capture(folder / name / "events.etf.gz") if is_event(record.term)]
    events.sort(key=lambda event: int(event["Event-Sequence"]))
    return [(f"{event['Event-Name']} {event.get('Event-Subclass', '')}".strip(), event) for event in events]


def legs(events: Iterable[Told]) -> dict[str, str]:
    """The legs by letters, in order of their creation."""
    found = dict.fromkeys(event["Unique-ID"] for name, event in events if name == "CHANNEL_CREATE")
    return {leg: chr(ord("A") + number) for number, leg in enumerate(found)}


def acts(events: list[Told], leave_out: frozenset[str] = frozenset()) -> dict[str, list[Act]]:
    """What happened on each leg, in order: the events' names and the headers that matter."""
    letters = legs(events)
    found: dict[str, list[Act]] = {letter: [] for letter in letters.values()}
    for name, event in _heard(events, leave_out):
        letter = letters.get(event.get("Unique-ID", ""))
        # A leg that is fetched may pass this state before it is bridged, as its thread comes.
        passed = event.get("Channel-State") == "CS_CONSUME_MEDIA" and event.get("Answer-State") == "answered"
        if letter is not None and not (passed and name == "CHANNEL_STATE"):
            kept = {key: _lettered(event[key], letters) for key in MATTER if key in event}
            found[letter].append((name, kept))
    return found


def _heard(events: Iterable[Told], leave_out: frozenset[str]) -> Iterator[Told]:
    for name, event in events:
        if name not in UNHEARD | leave_out and event.get("Application") not in ASIDE:
            yield name, event


def _lettered(value: str, letters: dict[str, str]) -> str:
    for leg, letter in letters.items():
        value = value.replace(leg, f"<{letter}>")
    return value


def centre(events: list[Told]) -> list[tuple[str | None, ...]]:
    """What a call centre told, in order."""
    keys = ("CC-Action", "CC-Agent", "CC-Agent-State", "CC-Agent-Status", "CC-Hangup-Cause", "CC-Cause")
    return [tuple(map(event.get, keys)) for name, event in events if name == "CUSTOM callcenter::info"]


def only(found: dict[str, list[Act]], letter: str, *names: str) -> list[Act]:
    """Those of a leg's acts whose names begin so."""
    return [(name, kept) for name, kept in found[letter] if name.startswith(names)]


def order(events: list[Told]) -> list[tuple[str, str]]:
    """What of two legs' events has one order on every switch: ringing, answers, bridges, ends."""
    letters = legs(events)
    names = {"CHANNEL_CREATE", "CHANNEL_ANSWER", "CHANNEL_BRIDGE", "CHANNEL_UNBRIDGE", "CHANNEL_HOLD", "CHANNEL_UNHOLD"}
    return [(name, letters[event["Unique-ID"]]) for name, event in events if name in names]


def differences(ours: list[Told], theirs: list[Told], leave_out: frozenset[str] = frozenset()) -> list[str]:
    """What is not the same in two series of events, as sentences."""
    found = []
    one, other = acts(ours, leave_out), acts(theirs, leave_out)
    if one.keys() != other.keys():
        return [f"legs: {list(one)} and recorded {list(other)}"]
    for letter in one:
        names = [[name for name, _ in series[letter]] for series in (one, other)]
        if names[0] != names[1]:
            at = next((i for i, pair in enumerate(zip(*names, strict=False)) if pair[0] != pair[1]), -1)
            found.append(f"{letter}, event {at}: {names[0][at:][:6]} and recorded {names[1][at:][:6]}")
            continue
        for number, ((name, mine), (_, its)) in enumerate(zip(one[letter], other[letter], strict=True)):
            for key in {**mine, **its}:
                if mine.get(key) != its.get(key):
                    said = f"{mine.get(key)!r} and recorded {its.get(key)!r}"
                    found.append(f"{letter}, event {number} {name}: {key} is {said}")
    if order(ours) != order(theirs):
        found.append(f"order: {order(ours)} and recorded {order(theirs)}")
    return found
