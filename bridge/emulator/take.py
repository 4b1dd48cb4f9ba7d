"""One playing of a scene: the same calls with other ids, other people, and times of now.

Everything that was equal in the recording is equal in the take, in every header and inside longer texts. The emulated
core's identity and its two counters are handed in; randomness comes from the caller's `random.Random`.
"""

from __future__ import annotations

import string
import time
from collections.abc import Sequence
from random import Random
from uuid import UUID

from bridge.emulator.cast import COMPANIES, Cast
from bridge.emulator.core import Core
from bridge.emulator.scene import Hole, Pieces, Place, Scene
from bridge.emulator.writing import write_event

_ALPHABET = string.ascii_letters + string.digits


class Take:
    """The events of a scene as they are sent this time; ask for them in order."""

    def __init__(
        self,
        scene: Scene,
        core: Core,
        began: int,
        speed: float,
        random: Random,
        companies: Sequence[bytes] = COMPANIES,
    ) -> None:
        self._scene, self._core, self._began, self._speed = scene, core, began, speed
        self._random, self._cast = random, Cast(random, companies)
        self._binary = core.encoding == "binary"
        self._names: dict[bytes, bytes] = {}
        self._sessions: dict[bytes, bytes] = {}

    def due(self, index: int) -> int:
        """Return when the event is to be sent, µs since the epoch."""
        return self._began + int(self._scene.events[index].at / self._speed)

    def has(self, leg: str) -> bool:
        """Say whether a leg is of this take."""
        return leg.encode() in self._names.values()

    def leg(self, index: int) -> str:
        """Return the leg that an event is about, as it is called this time; "" for none."""
        pieces = self._scene.events[index].leg
        return "" if pieces is None else self._fill(pieces).decode("latin-1")

    def hasten(self, micros: int) -> None:
        """Let what is left happen so much earlier."""
        self._began -= micros

    def term(self, index: int) -> bytes:
        """Return the event's message."""
        event = self._scene.events[index]
        leg = None if event.leg is None else self._fill(event.leg)
        return write_event(leg, [(name, self._fill(value)) for name, value in event.headers], self._binary)

    def _fill(self, pieces: Pieces) -> bytes:
        if len(pieces) == 1 and isinstance(pieces[0], bytes):
            return pieces[0]
        return b"".join(self._new(piece) if isinstance(piece, Hole) else piece for piece in pieces)

    def _new(self, hole: Hole) -> bytes:
        match hole.place:
            case Place.CORE:
                return self._core.core_uuid.encode()
            case Place.SEQUENCE:
                return b"%d" % next(self._core.sequence)
            case Place.SESSION:
                return self._session(hole.was)
            case Place.UUID:
                if hole.was not in self._names:
                    self._names[hole.was] = str(UUID(int=self._random.getrandbits(128), version=4)).encode()
                return self._names[hole.was]
            case Place.CALL_ID:
                if hole.was not in self._names:
                    self._names[hole.was] = "".join(self._random.choices(_ALPHABET, k=len(hole.was))).encode()
                return self._names[hole.was]
            case Place.PERSON:
                return self._cast.person(hole.was)
            case Place.COMPANY:
                return self._cast.company(hole.was)
            case Place.MICROS:
                return b"%d" % self._moved(hole.at)
            case Place.SECONDS:
                return b"%d" % (self._moved(hole.at) // 1_000_000)
            case Place.STAMP:
                return time.strftime("%Y-%m-%d %H:%M:%S", self._clock(hole.at)).encode()
            case Place.GMT:
                return time.strftime("%a, %d %b %Y %H:%M:%S GMT", self._clock(hole.at)).encode()

    def _session(self, was: bytes) -> bytes:
        if was not in self._sessions:
            self._core.sessions += 1
            self._sessions[was] = b"%d" % self._core.sessions
        return self._sessions[was]

    def _moved(self, at: int) -> int:
        return self._began + int((at - self._scene.began) / self._speed)

    def _clock(self, at: int) -> time.struct_time:
        return time.gmtime(self._moved(at) // 1_000_000)
