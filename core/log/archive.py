"""Capture files with a chain beside them, which proves that nothing was changed, left out or moved since the export.

``x.etf.gz`` is a plain capture; ``x.etf.gz.chain`` holds a line of JSON for each block of a thousand events: the
positions that they had, where the block ends in the unpacked file, which switch each core belongs to, and a SHA-256
over the one before it, the line itself and the block's bytes. So the last digest stands for the whole file: written
down elsewhere it shows that this is the file that was exported.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from pathlib import Path
from typing import IO, NamedTuple

import msgspec

from core.capture import CaptureError, Record, create, is_packed, packed, read_capture
from core.durable import named, private, sync_directory, sync_file
from core.event import SwitchEvent

BLOCK = 1000
"""events of a block"""
_SUFFIX = ".chain"
_FORMAT = "harmony-chain-1"
_encode = msgspec.json.Encoder(order="deterministic").encode


class BrokenChain(CaptureError):
    """A file is not what its chain says; ``offset`` counts the unpacked bytes that were good."""

    code = "capture.chain"


class Begin(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The first line of a chain."""

    format: str
    installation: str
    """whose log it was"""


class Block(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of a chain."""

    events: int
    first: int
    last: int
    end: int
    """where the block ends in the unpacked file"""
    cores: dict[str, str]
    """the switches of those Core-UUIDs that are met for the first time"""
    sha256: str = ""

    def digest(self, before: bytes, records: Iterable[bytes]) -> bytes:
        """Return the SHA-256 of the chain up to and including this block."""
        sha = hashlib.sha256(before + _encode(msgspec.structs.replace(self, sha256="")))
        for record in records:
            sha.update(record)
        return sha.digest()


class End(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The last line of a chain: without it the export was not finished."""

    blocks: int
    events: int
    sha256: str
    """the chain's head"""


class Chain(msgspec.Struct, frozen=True):
    """A chain as read."""

    begin: Begin
    blocks: list[Block]
    end: End

    @property
    def head(self) -> str:
        """What stands for the whole file."""
        return self.end.sha256


class Checked(NamedTuple):
    """A block that is as it was exported."""

    block: Block
    records: list[Record]
    digest: bytes


def chain_of(path: Path) -> Path:
    """Return where the chain of a capture file is."""
    return path.with_name(path.name + _SUFFIX)


def _part(path: Path) -> Path:
    return path.with_name(path.name + ".part")


class ArchiveWriter:
    """Writes events to a capture file with its chain; use it as a context, then `end` says what was written.

    Both appear under their names when they are whole, or not at all.
    """

    def __init__(self, path: Path, installation: str, core_of: Callable[[int], tuple[str, str]]) -> None:
        """``core_of`` tells a run's Core-UUID and its switch."""
        for there in (path, chain_of(path)):
            if there.exists():
                raise CaptureError(f"{there} is there already: name another file, or move it away.", 0)
        self._path, self._core_of = path, core_of
        self._begin = Begin(_FORMAT, installation)
        self._block: list[bytes] = []
        self._positions: list[int] = []
        self._runs: set[int] = set()
        self._fresh: dict[str, str] = {}
        self._offset = self._blocks = self._events = 0
        self.end: End | None = None

    def __enter__(self) -> ArchiveWriter:
        with named(self._path):
            self._file: IO[bytes] = create(_part(self._path), is_packed(self._path))
            self._chain = private(_part(chain_of(self._path)))
        line = _encode(self._begin)
        self._chain.write(line + b"\n")
        self._digest = hashlib.sha256(line).digest()
        return self

    def add(self, event: SwitchEvent) -> None:
        """Write one event."""
        record = packed(event.stored_at, event.term)
        self._file.write(record)
        self._block.append(record)
        self._positions.append(event.position)
        self._offset += len(record)
        if event.run not in self._runs:
            self._runs.add(event.run)
            core, switch = self._core_of(event.run)
            self._fresh[core] = switch
        if len(self._block) == BLOCK:
            self._close_block()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        files = [chain_of(self._path), self._path]  # in this order: a file that is there has its chain
        try:
            with named(self._path), closing(self._chain):
                with closing(self._file):
                    self._close_block()
                if kind is None:
                    self.end = End(self._blocks, self._events, self._digest.hex())
                    self._chain.write(_encode(self.end) + b"\n")
            if kind is None:
                for file in files:
                    sync_file(_part(file))
                for file in files:
                    _part(file).replace(file)
                sync_directory(self._path.parent)
        finally:
            for file in files:
                _part(file).unlink(missing_ok=True)

    def _close_block(self) -> None:
        if not self._block:
            return
        block = Block(
            events=len(self._block),
            first=self._positions[0],
            last=self._positions[-1],
            end=self._offset,
            cores=self._fresh,
        )
        self._digest = block.digest(self._digest, self._block)
        self._chain.write(_encode(msgspec.structs.replace(block, sha256=self._digest.hex())) + b"\n")
        self._blocks, self._events = self._blocks + 1, self._events + len(self._block)
        self._block, self._positions, self._fresh = [], [], {}


def read_chain(path: Path) -> Chain:
    """Read the chain of a capture file; raise `BrokenChain` when it is foreign, unfinished or not whole."""
    beside = chain_of(path)
    lines = beside.read_bytes().splitlines()
    try:
        begin = msgspec.json.decode(lines[0], type=Begin)
        if begin.format != _FORMAT:
            raise BrokenChain(f"{beside} is a chain of another version of Harmony ({begin.format}).", 0)
    except (IndexError, msgspec.DecodeError):
        raise BrokenChain(f"{beside} is no chain of a capture: take the one that was exported with it.", 0) from None
    try:
        end = msgspec.json.decode(lines[-1], type=End)
    except msgspec.DecodeError:
        raise BrokenChain(f"{beside} has no end: the export was interrupted; export again.", 0) from None
    blocks = []
    for number, line in enumerate(lines[1:-1], start=2):
        try:
            blocks.append(msgspec.json.decode(line, type=Block))
        except msgspec.DecodeError as error:
            raise BrokenChain(f"{beside} is damaged in line {number} ({error}): copy it again.", 0) from None
    digest = blocks[-1].sha256 if blocks else hashlib.sha256(lines[0]).hexdigest()
    if (end.blocks, end.events, end.sha256) != (len(blocks), sum(block.events for block in blocks), digest):
        raise BrokenChain(f"{beside} is not whole: its last line speaks of other blocks; copy it again.", 0)
    return Chain(begin, blocks, end)


def read_archive(path: Path, chain: Chain) -> Iterator[Checked]:
    """Yield the blocks of a capture file, each checked before; raise `BrokenChain` at the first that is not right."""
    records = read_capture(path)
    digest = hashlib.sha256(_encode(chain.begin)).digest()
    offset = 0
    for number, block in enumerate(chain.blocks, start=1):
        where = (
            f"in block {number} of {len(chain.blocks)} (byte {offset}, events {block.first} to {block.last} of the log)"
        )
        found: list[Record] = []
        while len(found) < block.events and (record := next(records, None)) is not None:
            found.append(record)
        if len(found) < block.events:
            raise BrokenChain(
                f"{path} ends {where}, {block.events - len(found)} events too early: copy it again.", offset
            )
        digest = block.digest(digest, (packed(record.received_at, record.term) for record in found))
        if digest.hex() != block.sha256:
            raise BrokenChain(
                f"{path} was changed after it was exported: {where} its bytes do not give the SHA-256 of its chain; "
                "copy both files again.",
                offset,
            )
        yield Checked(block, found, digest)
        offset = block.end
    if next(records, None) is not None:
        raise BrokenChain(f"{path} has more events behind byte {offset} than were exported: copy it again.", offset)
