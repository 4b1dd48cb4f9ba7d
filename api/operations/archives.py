"""Archives of the switch log: out with a chain that proves the file, in again only while the chain holds.

An import checks a block, stores it, and goes on; so what stands before a broken block is stored, and an import that was
interrupted goes on where it was.
"""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from api.operations.captures import Imported
from core.capture import CaptureError
from core.errors import MalformedEvent
from core.event import SwitchEvent
from core.headers import header, text
from core.log import EventLog, Incoming
from core.log.archive import ArchiveWriter, BrokenChain, Checked, End, chain_of, read_archive, read_chain
from core.log.imported import Origin
from core.log.prepare import Preparer


def export_archive(log: EventLog, path: Path, installation: str, events: Iterable[SwitchEvent]) -> End:
    """Write events to a capture file with its chain; what the chain ends with says how many, and its head."""
    with ArchiveWriter(path, installation, log.core_of) as writer:
        for event in events:
            writer.add(event)
    assert writer.end is not None
    return writer.end


def has_chain(path: Path) -> bool:
    return chain_of(path).exists()


def import_archive(
    log: EventLog,
    path: Path,
    switch: str | None,
    advance: Callable[[float], None],
    dtmf: str = "keep",
    head: str | None = None,
) -> Imported:
    """Store the events of a capture file that has a chain, block by block, each one checked before.

    `head`: what the chain must come to, when that was written down at the export.
    """
    events = stored = skipped = 0
    try:
        chain = read_chain(path)
        if head is not None and chain.head != head.lower():
            raise BrokenChain(f"{path} is another file than the one meant: its chain comes to {chain.head}.", 0)
        known = log.imported([bytes.fromhex(block.sha256) for block in chain.blocks])
        there = max((n for n, block in enumerate(chain.blocks, 1) if bytes.fromhex(block.sha256) in known), default=0)
        preparer = Preparer(dtmf)
        cores: dict[str, str] = {}
        for number, checked in enumerate(read_archive(path, chain), start=1):
            cores |= checked.block.cores
            events += checked.block.events
            if number <= there:
                skipped += checked.block.events
            else:
                batch = preparer.prepare(list(_incoming(checked, cores, switch)))
                stored += log.append_prepared(batch, Origin(path.name, checked.digest))
            advance(checked.block.end)
    except CaptureError as problem:
        return Imported(events, stored, f"{problem} {events} events before it are stored.", problem.code, skipped)
    except OSError as problem:
        return Imported(
            events, stored, f"{path} cannot be read ({problem.strerror}): correct its name or its rights.", "capture"
        )
    return Imported(events, stored, skipped=skipped, head=chain.head)


def _incoming(checked: Checked, cores: dict[str, str], switch: str | None) -> Iterator[Incoming]:
    for record in checked.records:
        try:
            core = text(header(record.term, b"Core-UUID") or b"")
        except MalformedEvent:
            core = ""
        name = switch or cores.get(core) or "freeswitch@unknown"
        yield Incoming(switch=name, term=record.term, received_at=record.received_at)
