"""What the emulated switch's recordings sound like: two voices that take turns, as files that any player plays.

Nobody speaks in an emulated call, so the files hold tones in the rhythm of speech: enough to hear where one is. They
are short, and the oldest go.
"""

from __future__ import annotations

import math
import wave
from array import array
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Final

RATE: Final = 8000
"""samples a second"""
LONGEST: Final = 180
"""seconds of a file"""
MOST: Final = 200
"""files that are kept"""
AT_SWITCH: Final = "/recordings"
"""what the emulated switch calls the directory"""


@cache
def _turn(pitch: float) -> bytes:
    """Two seconds of one voice: syllables that rise and fall, a breath at the end."""
    samples = array("h")
    for n in range(2 * RATE):
        at = n / RATE
        syllable = max(0.0, math.sin(math.pi * (at % 0.22) / 0.22)) if at < 1.7 else 0.0
        tone = math.sin(2 * math.pi * pitch * at) + 0.4 * math.sin(4 * math.pi * pitch * at + 1)
        samples.append(int(5000 * syllable * tone * (1 + 0.3 * math.sin(2 * math.pi * 1.3 * at))))
    return samples.tobytes()


def write(directory: Path, path: str, micros: int) -> None:
    """Write the file that the switch would have written under ``path``, so many µs long; nothing for a foreign path."""
    named = PurePosixPath(path)
    if not named.is_relative_to(AT_SWITCH) or ".." in named.parts or named.suffix != ".wav":
        return
    target = directory / named.relative_to(AT_SWITCH)
    target.parent.mkdir(parents=True, exist_ok=True)
    left = int(min(micros / 1e6, LONGEST) * RATE) * 2
    part = target.with_suffix(".part")
    with wave.open(str(part), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(RATE)
        turn = 0
        while left > 0:
            piece = _turn((150.0, 210.0)[turn % 2])[:left]
            sound.writeframesraw(piece)
            left, turn = left - len(piece), turn + 1
    part.replace(target)
    for old in sorted(directory.rglob("*.wav"), key=lambda one: one.stat().st_mtime)[:-MOST]:
        old.unlink(missing_ok=True)
