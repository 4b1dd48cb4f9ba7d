"""The emulated switch of `harmony run --demo`: its name, its cookie, and how it is run.

Names carry a mark of the data directory, so that two demos on one machine are two clusters.
"""

import asyncio
import hashlib
import secrets
import threading
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from api.processes.guests import guests as guests_of
from core.durable import replace
from core.errors import HarmonyError
from core.registry import Registry, ldif, reader
from core.registry.file import write
from core.registry.sources import file_of, source_of
from core.settings import Settings, Switch

COOKIE = "demo.cookie"
LIVELY = ("alpha.example", "beta.example")
"""the companies whose people call each other; others speak in the recorded calls"""


SOUND = "demo-recordings"
"""the directory, in that of the data, in which the emulated switch keeps what it records"""


def with_recordings(settings: Settings) -> Settings:
    """The settings with the emulated switch's recordings, where no others are named."""
    from bridge.emulator.sound import AT_SWITCH

    if settings.recordings is not None:
        return settings
    kept = settings.data / SOUND
    return msgspec.structs.replace(
        settings,
        recordings=kept,
        recordings_on_switch=AT_SWITCH,
        voicemail=kept / "voicemail",
        voicemail_on_switch=f"{AT_SWITCH}/voicemail",
    )


def cookie(data: Path) -> str:
    """The demo's cookie, made when there is none yet (mode 0600)."""
    path = data / COOKIE
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        data.mkdir(parents=True, exist_ok=True)
        made = secrets.token_hex(16)
        replace(path, made.encode())
        return made


def switch(data: Path) -> str:
    """The node name of the emulated switch."""
    return f"freeswitch-demo-{_mark(data)}@127.0.0.1"


def registry(settings: Settings) -> None:
    """The companies of the recorded calls as the registry, where there is none yet."""
    example, path = Path(__file__).resolve().parents[2] / "rel" / "ldap" / "example.ldif", file_of(settings)
    if settings.ldap_uri is None and not path.exists() and example.exists():
        write(path, ldif.read(example.read_text(encoding="utf-8"), str(example)))


def with_demo(settings: Settings) -> Settings:
    """The settings with the emulated switch among the switches; our node moves to its host if it is the only one."""
    emulated = Switch(node=switch(settings.data), cookie=cookie(settings.data))
    node = settings.node if settings.switches else f"harmony-demo-{_mark(settings.data)}@127.0.0.1"
    return msgspec.structs.replace(settings, switches=(*settings.switches, emulated), node=node)


def play(settings: Settings, stop: threading.Event, speed: float = 1.0) -> int:
    """Be the emulated switch until `stop` is set; `speed` 1 is that of life for the recorded calls."""
    from bridge.emulator import emulate, towns

    people = towns(registered(settings))
    name, ticktime = switch(settings.data), settings.ticktime
    sound = settings.data / SOUND if settings.recordings is None else None
    emulate(
        name, cookie(settings.data), stop, people=people, lively=LIVELY, speed=speed, ticktime=ticktime, sound=sound
    )
    return 0


def registered(settings: Settings) -> Registry:
    """The registry as it is now, for those who live in it: what changes later, their phones hear from the switch."""
    entries, _ = reader.read(source_of(settings).read().values())
    return Registry.of(entries)


def guests(settings: Settings) -> list[str]:
    """Who can sign in, of each kind: a line each, for those who look around. Nobody, where a directory knows them."""
    if settings.ldap_uri is not None:
        return []
    with suppress(HarmonyError):
        return list(guests_of(list(source_of(settings).read().values()), LIVELY))
    return []  # what is wrong with the registry is said where it is followed


def wait(settings: Settings, stop: threading.Event, patience: float = 20.0) -> None:
    """Wait until the emulated switch can be found, so that the first try to join it is not in vain."""
    from bridge.epmd import environment_port, lookup

    name, _, host = switch(settings.data).partition("@")
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline and not stop.is_set():
        with suppress(HarmonyError):
            if asyncio.run(lookup(name, host, environment_port())):
                return
        stop.wait(0.2)


def _mark(data: Path) -> str:
    return hashlib.sha256(str(data.absolute()).encode()).hexdigest()[:6]
