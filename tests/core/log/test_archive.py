"""A chain proves a file: whatever is changed in either of the two is found, and said where."""

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest

from core.capture import CaptureError, read_capture
from core.event import SwitchEvent, identify, version_of
from core.headers import is_event
from core.log import archive
from core.log.archive import ArchiveWriter, BrokenChain, chain_of, read_archive, read_chain

pytestmark = pytest.mark.pure

CAPTURE = Path(__file__).parents[2] / "captures" / "13-attended-transfer-by-callee" / "events.etf.gz"
CORES = {1: ("core-1", "freeswitch@one"), 2: ("core-2", "freeswitch@two")}


def events() -> list[SwitchEvent]:
    found: list[SwitchEvent] = []
    for record in read_capture(CAPTURE):
        if not is_event(record.term):
            continue
        who = identify(record.term)
        version = version_of(1 + len(found) % 2, who.sequence)
        found.append(
            SwitchEvent(
                10 + 2 * len(found),
                who.stream,
                version,
                who.topic,
                who.occurred_at,
                record.received_at,
                "",
                record.term,
            )
        )
    return found


@pytest.fixture(autouse=True)
def _small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "BLOCK", 50)


@pytest.fixture
def written(tmp_path: Path) -> Path:
    path = tmp_path / "x.etf"
    with ArchiveWriter(path, "here", CORES.__getitem__) as writer:
        for event in events():
            writer.add(event)
    return path


def test_an_export_that_is_ended_leaves_nothing_and_one_that_is_there_stays(tmp_path: Path, written: Path) -> None:
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    before = written.read_bytes()
    with pytest.raises(CaptureError, match="is there already"), ArchiveWriter(written, "here", CORES.__getitem__):
        pass
    assert written.read_bytes() == before
    with pytest.raises(KeyboardInterrupt):
        broken_off(tmp_path / "y.etf.gz")
    assert sorted(path.name for path in tmp_path.iterdir()) == [written.name, chain_of(written).name]


def read(path: Path) -> list[bytes]:
    return [record.term for checked in read_archive(path, read_chain(path)) for record in checked.records]


def test_what_was_written_is_read_and_proven(written: Path) -> None:
    there = events()
    chain = read_chain(written)
    assert read(written) == [event.term for event in there]
    assert (chain.end.events, chain.end.blocks) == (len(there), -(-len(there) // 50))
    assert chain.blocks[0].first == 10
    assert chain.blocks[-1].last == there[-1].position
    assert chain.blocks[0].cores == dict(CORES.values())
    assert [record.term for record in read_capture(written)] == [event.term for event in there]
    assert chain.blocks[-1].end == written.stat().st_size


def test_the_same_events_give_the_same_head_also_packed(written: Path, tmp_path: Path) -> None:
    packed = tmp_path / "y.etf.gz"
    with ArchiveWriter(packed, "here", CORES.__getitem__) as writer:
        for event in events():
            writer.add(event)
    assert gzip.decompress(packed.read_bytes()) == written.read_bytes()
    assert read_chain(packed).head == read_chain(written).head


def test_an_empty_log_has_a_chain_too(tmp_path: Path) -> None:
    path = tmp_path / "empty.etf"
    with ArchiveWriter(path, "here", CORES.__getitem__):
        pass
    assert read(path) == []


def at(path: Path, offset: int, value: bytes) -> None:
    content = bytearray(path.read_bytes())
    content[offset : offset + len(value)] = value
    path.write_bytes(content)


def later_time(path: Path) -> None:
    """One bit of a record's time, in the second block."""
    offset = read_chain(path).blocks[0].end + 7
    at(path, offset, bytes([path.read_bytes()[offset] ^ 1]))


def other_digit(path: Path) -> None:
    content = path.read_bytes()
    offset = content.index(b"1001", read_chain(path).blocks[0].end)
    at(path, offset, b"1009")


def swapped(path: Path) -> None:
    """Two records change places."""
    begin = read_chain(path).blocks[0].end
    one, two, three, *_ = (record.offset for record in read_capture(path) if record.offset >= begin)
    content = path.read_bytes()
    path.write_bytes(content[:one] + content[two:three] + content[one:two] + content[three:])


def less(path: Path) -> None:
    """The last record is cut off, cleanly."""
    *_, last = read_capture(path)
    path.write_bytes(path.read_bytes()[: last.offset])


def more(path: Path) -> None:
    record = next(iter(read_capture(path)))
    path.write_bytes(path.read_bytes() + path.read_bytes()[: 12 + len(record.term)])


def positions(path: Path) -> None:
    chain = chain_of(path)
    chain.write_bytes(chain.read_bytes().replace(b'"first":110,', b'"first":111,'))


def a_block_less(path: Path) -> None:
    lines = chain_of(path).read_bytes().splitlines(keepends=True)
    chain_of(path).write_bytes(b"".join([*lines[:2], *lines[3:]]))


def no_end(path: Path) -> None:
    lines = chain_of(path).read_bytes().splitlines(keepends=True)
    chain_of(path).write_bytes(b"".join(lines[:-1]))


def foreign(path: Path) -> None:
    chain_of(path).write_bytes(b"not a chain\n")


def nothing(path: Path) -> None:
    chain_of(path).write_bytes(b"")


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        (later_time, "in block 2 of 4 (byte "),
        (other_digit, "events 110 to 208 of the log"),
        (swapped, "in block 2 of 4"),
        (less, "1 events too early"),
        (more, "more events behind byte"),
        (positions, "in block 2 of 4"),
        (a_block_less, "not whole"),
        (no_end, "the export was interrupted"),
        (foreign, "is no chain"),
        (nothing, "is no chain"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_what_was_changed_is_found(written: Path, harm: Callable[[Path], None], says: str) -> None:
    harm(written)
    with pytest.raises(BrokenChain) as refused:
        read(written)
    assert says in str(refused.value)
    assert str(refused.value).count("\n") == 0


def test_every_byte_counts(written: Path) -> None:
    whole = written.read_bytes()
    for offset in range(0, len(whole), len(whole) // 60):
        at(written, offset, bytes([whole[offset] ^ 0x10]))
        with pytest.raises(CaptureError):
            read(written)
        written.write_bytes(whole)


def broken_off(path: Path) -> None:
    with ArchiveWriter(path, "here", CORES.__getitem__) as writer:
        writer.add(events()[0])
        raise KeyboardInterrupt


def test_a_chain_without_its_end_is_of_an_export_that_broke_off(written: Path) -> None:
    chain = chain_of(written)
    chain.write_bytes(b"".join(chain.read_bytes().splitlines(keepends=True)[:-1]))
    with pytest.raises(BrokenChain, match="the export was interrupted"):
        read_chain(written)
