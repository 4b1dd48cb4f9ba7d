"""The state column: one version byte, then what the version says.

``0`` plain term, ``1`` a standard zstd frame of the term. A frame names the dictionary that it was made with (0: none);
the dictionaries are package data and stay for as long as a log may hold frames made with them.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import zstandard

from core.errors import LogError

PLAIN, ZSTD = b"\x00", b"\x01"
LEVEL = 1
# Level 1 with matches of 7 bytes at least and a table that fits the processor's cache: events repeat whole headers, so
# this gives a seventh fewer bytes (547 instead of 638 an event, measured on captures 10 to 39 and 54) in the same time.
_PARAMETERS = zstandard.ZstdCompressionParameters.from_level(
    LEVEL, window_log=17, hash_log=14, min_match=7, write_content_size=True, write_checksum=True, write_dict_id=True
)
_LONGEST = 256 << 20
"""bytes of a term; what claims to be longer is damaged"""
DICTIONARIES = Path(__file__).parent
CURRENT = 1
"""the id of the dictionary that new states are made with; its file is ``1.zdict``"""


class BadState(LogError):
    """A state that cannot be read: damaged, or made by a newer version."""

    code = "log.bad-state"


def _load(number: int) -> zstandard.ZstdCompressionDict | None:
    path = DICTIONARIES / f"{number}.zdict"
    return zstandard.ZstdCompressionDict(path.read_bytes()) if path.exists() else None


def compressor(dictionary: zstandard.ZstdCompressionDict | None) -> zstandard.ZstdCompressor:
    """Return a compressor for states; the dictionary must not be used for anything else."""
    return zstandard.ZstdCompressor(dict_data=dictionary, compression_params=_PARAMETERS)


class Encoder(threading.local):
    """Makes states. Any thread may use it: each has a compressor of its own within, and a dictionary (`core.zstd`).

    Nor may one dictionary be used at two levels: the library crashes.
    """

    def __init__(self, dictionary: int = CURRENT) -> None:
        self._zstd = compressor(_load(dictionary))

    def encode(self, term: bytes) -> bytes:
        """Return the state of one term."""
        return ZSTD + self._zstd.compress(term)

    def encode_all(self, terms: Sequence[bytes]) -> list[bytes]:
        """Return the states of many terms, compressed in one go without the interpreter's lock."""
        if not terms:
            return []
        frames = self._zstd.multi_compress_to_buffer(list(terms), threads=0)
        return [ZSTD + frames[index].tobytes() for index in range(len(frames))]


class Decoder(threading.local):
    """Reads states of every version and dictionary. Any thread may use it, as an `Encoder`."""

    def __init__(self) -> None:
        self._by_dictionary: dict[int, zstandard.ZstdDecompressor] = {}

    def decode(self, state: bytes) -> bytes:
        """Return the term of a state; raise `BadState`."""
        version, frame = state[:1], state[1:]
        if version == PLAIN:
            return frame
        if version != ZSTD:
            raise BadState(f"A stored event begins with the unknown version byte {version!r}: a newer Harmony made it.")
        try:
            claims = zstandard.get_frame_parameters(frame)
            if claims.content_size > _LONGEST:  # also what it says of a frame that does not tell
                raise BadState(f"A stored event claims to hold {claims.content_size} bytes: restore it from a backup.")
            number = claims.dict_id
            decompressor = self._by_dictionary.get(number) or self._open(number)
            return decompressor.decompress(frame)
        except zstandard.ZstdError as error:
            raise BadState(f"A stored event's bytes are damaged ({error}): restore them from a backup.") from error

    def _open(self, number: int) -> zstandard.ZstdDecompressor:
        dictionary = _load(number) if number else None
        if number and dictionary is None:
            raise BadState(f"A stored event needs the dictionary {number}, which is not here: a newer Harmony made it.")
        self._by_dictionary[number] = zstandard.ZstdDecompressor(dict_data=dictionary)
        return self._by_dictionary[number]


_encoder, _decoder = Encoder(), Decoder()


def encoder() -> Encoder:
    """Return the encoder of the current dictionary."""
    return _encoder


def decoder() -> Decoder:
    """Return the decoder."""
    return _decoder


@cache
def dictionaries() -> list[int]:
    """Return the ids of the dictionaries that are here."""
    return sorted(int(path.stem) for path in DICTIONARIES.glob("*.zdict"))
