"""Event messages made by hand, in both encodings, and those of the recorded calls."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path

from core.capture import read_capture
from core.errors import MalformedEvent
from core.headers import is_event
from core.log import Incoming

CAPTURES = Path(__file__).parent.parent / "captures"
SWITCH = "freeswitch@pbx1"
CORE = "c0ffee00-0000-4000-8000-000000000001"
LEG = "1e900000-0000-4000-8000-000000000001"


def string(value: bytes) -> bytes:
    """Encode as mod_erlang_event does by default: STRING_EXT, NIL for nothing, a list where it is too long."""
    if not value:
        return b"j"
    if len(value) > 65535:
        return b"l%b%bj" % (len(value).to_bytes(4, "big"), b"".join(b"a%c" % byte for byte in value))
    return b"k%b%b" % (len(value).to_bytes(2, "big"), value)


def binary(value: bytes) -> bytes:
    """Encode as mod_erlang_event does with encoding=binary."""
    return b"m%b%b" % (len(value).to_bytes(4, "big"), value)


def integers(value: bytes) -> bytes:
    """Encode as a list of small integers, which a value may be whatever its length."""
    return b"l%b%bj" % (len(value).to_bytes(4, "big"), b"".join(b"a%c" % byte for byte in value)) if value else b"j"


def term(pairs: Iterable[tuple[bytes, bytes]], leg: bytes | None = None, *, as_binary: bool = False) -> bytes:
    """Return {event, [leg, {Name, Value}, ...]}."""
    encode = binary if as_binary else string
    items = [b"h\x02%b%b" % (encode(name), encode(value)) for name, value in pairs]
    first = b"d\x00\x09undefined" if leg is None else encode(leg)
    return b"\x83h\x02d\x00\x05eventl%b%b%bj" % ((len(items) + 1).to_bytes(4, "big"), first, b"".join(items))


def event(
    sequence: int = 1,
    name: str = "CHANNEL_ANSWER",
    *,
    leg: str | None = LEG,
    core: str = CORE,
    occurred_at: int = 1_795_000_000_000_000,
    as_binary: bool = False,
    **more: str,
) -> bytes:
    """Return a small sound event."""
    pairs = {"Event-Name": name, "Core-UUID": core, "Event-Date-Timestamp": occurred_at, "Event-Sequence": sequence}
    if leg is not None:
        pairs["Unique-ID"] = leg
    pairs |= {key.replace("_", "-"): value for key, value in more.items()}
    encoded = [(key.encode(), str(value).encode()) for key, value in pairs.items()]
    return term(encoded, None if leg is None else leg.encode(), as_binary=as_binary)


def incoming(terms: Iterable[bytes], switch: str = SWITCH) -> list[Incoming]:
    """Return the messages as received one µs after the other."""
    return [Incoming(switch, one, 1_795_000_000_000_000 + number) for number, one in enumerate(terms)]


def numbered(count: int, start: int = 1, *, core: str = CORE) -> list[bytes]:
    """Return so many events of ten legs."""
    return [
        event(number, core=core, leg=f"1e900000-0000-4000-8000-{number % 10:012}", Padding="x" * 200)
        for number in range(start, start + count)
    ]


def refusal(read: Callable[[bytes], object], message: bytes) -> MalformedEvent | None:
    """Return with which error the bytes are refused, None when they are not."""
    try:
        read(message)
    except MalformedEvent as error:
        return error
    return None


@cache
def capture(scenario: str) -> Sequence[bytes]:
    """Return the events of the capture whose name begins so."""
    (path,) = CAPTURES.glob(f"{scenario}*/events.etf.gz")
    return tuple(record.term for record in read_capture(path) if is_event(record.term))


def short_captures() -> list[str]:
    """Return the names of all captures but the long load."""
    return sorted(path.name for path in CAPTURES.iterdir() if path.is_dir() and not path.name.startswith("54"))
