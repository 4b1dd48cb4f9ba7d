"""The registry of a running process: read at the start, followed while it runs, served from memory all the time.

One thread talks to the source; whoever asks gets the present `Registry`, which never blocks and never fails. While the
source is away, what was last known goes on being served, also over a restart (from a copy without secrets in the data
directory), and the state says so.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from core.following import Follower, Session
from core.following.course import sentence
from core.registry import ldif, reader
from core.registry.entries import a1
from core.registry.errors import RegistryAbsent, RegistryError
from core.registry.file import write
from core.registry.snapshot import EMPTY, Registry
from core.registry.source import Entries, Source

LOG = logging.getLogger("harmony.registry")
POLL: Final = 1.0
"""seconds between two looks at the source"""
LONGEST_BACK_OFF: Final = 15.0
COPY: Final = "registry-copy.ldif"
_SECRETS: Final = frozenset(
    {"userpassword", "harmonyauthpassword", "harmonyvoicemailpin", "harmonypin", "harmonymoderatorpin"}
)


class RegistryState(msgspec.Struct, frozen=True):
    """How the registry is, for status and metrics."""

    source: str
    known: bool
    """something was read, now or before the restart"""
    current: bool
    """the source was reached at the last look"""
    version: int
    companies: int
    users: int
    findings: int
    read_at: float
    """when what is served was read, unix seconds; 0 when nothing was"""
    trouble: str
    """why the source cannot be reached, one sentence; empty when it can"""
    absent: bool = False
    """there is no registry (yet); that is no trouble"""


class LiveRegistry:
    """Start it once a process; `current` may be read from any thread at any time."""

    def __init__(self, source: Source, data: Path | None = None, poll: float = POLL) -> None:
        self._source = source
        self._copy = data / COPY if data is not None else None
        self._poll = poll
        self._using = threading.Lock()
        self._listeners: list[Callable[[Registry], None]] = []
        self._follower = _Looking(self._look, poll)
        self._read_at = 0.0
        self._trouble = ""
        self._absent = False
        self._looked = threading.Condition()
        self._begun = self._ended = 0
        self.current: Registry = EMPTY
        """what is known now; replaced as a whole"""
        self.findings: Sequence[reader.Finding] = ()
        self.passwords: Mapping[str, Sequence[str]] = {}
        """of those who log in, by `reader.normal` DN, as the source shows them; in memory alone, none after a restart
        while the source is away"""

    @property
    def state(self) -> RegistryState:
        """Return this moment's figures."""
        current = self.current
        return RegistryState(
            source=self._source.name,
            known=current is not EMPTY,
            current=not self._trouble and self._read_at > 0,
            version=current.version,
            companies=len(current.companies),
            users=sum(len(company.users) for company in current.companies.values()),
            findings=len(self.findings),
            read_at=self._read_at,
            trouble=self._trouble,
            absent=self._absent,
        )

    @property
    def absent(self) -> bool:
        """Whether there is no registry at all, and never was one since the start; it may come into being."""
        return self._absent

    def listen(self, callback: Callable[[Registry], None]) -> None:
        """Have ``callback`` called, in the follower's thread, with each new registry."""
        self._listeners.append(callback)

    def start(self) -> None:
        """Read what there is, or what was known before, and follow it from now on. Never raises."""
        try:
            self._take(self._source.read())
        except RegistryAbsent:
            self._absent = True
            LOG.info("There is no registry in %s; it is taken over when there is one", self._source.name)
        except Exception as error:
            self._away(error)
            self._recall()
        self._follower.start()

    def stop(self) -> None:
        """End the follower."""
        self._follower.stop()
        self._source.close()

    def refresh(self, timeout: float = 5.0) -> bool:
        """Look now, and wait until a look that began after this has ended; say whether it did in time."""
        with self._looked:
            wanted = self._begun + 1
            self._follower.ring()
            return self._looked.wait_for(lambda: self._ended >= wanted, timeout)

    def change(self, deed: Callable[[Source, Registry], None], timeout: float = 5.0) -> bool:
        """Do something to the source (`change`'s functions), and say whether it shows in what is served, in time."""
        with self._using:
            deed(self._source, self.current)
        return self.refresh(timeout)

    def _look(self) -> None:
        """Take over what has changed; raises what keeps from it."""
        with self._looked:
            self._begun += 1
        try:
            with self._using:
                changed = self._source.changed() if self._read_at and not self._trouble else self._source.read()
            if changed is not None:
                self._take(changed)
            self._trouble, self._absent = "", False
        except RegistryAbsent:
            self._trouble, self._absent = "", True
        except Exception as error:
            self._absent = False
            self._away(error)
            raise
        finally:
            with self._looked:
                self._ended = self._begun
                self._looked.notify_all()

    def _take(self, raw: Entries) -> None:
        entries, findings = reader.read(raw.values())
        self.findings = findings
        self.passwords = {
            reader.normal(entry.dn): words for entry in raw.values() if (words := entry.attributes.get("userpassword"))
        }
        before = self.current
        self.current = Registry.of(entries, None if before is EMPTY else before)
        self._read_at = time.time()
        LOG.info(
            "The registry has %d companies, from %s; %d entries cannot be used",
            len(self.current.companies),
            self._source.name,
            len(findings),
        )
        self._remember(raw)
        for callback in self._listeners:
            try:
                callback(self.current)
            except Exception:
                LOG.exception("Who was to be told of the new registry failed")

    def _away(self, error: Exception) -> None:
        self._trouble = (
            str(error)
            if isinstance(error, RegistryError)
            else f"The registry {self._source.name} cannot be taken over ({sentence(error)})."
        )

    # The copy for a restart while the source is away.

    def _remember(self, raw: Entries) -> None:
        if self._copy is None:
            return
        try:
            write(self._copy, [_without_secrets(entry) for entry in raw.values()])
        except RegistryError as error:
            LOG.warning("%s A restart while the directory is away would know nothing.", error)

    def _recall(self) -> None:
        if self._copy is None or not self._copy.is_file():
            return
        try:
            entries, self.findings = reader.read(ldif.read(self._copy.read_text(encoding="utf-8"), str(self._copy)))
            self._read_at = os.stat(self._copy).st_mtime
        except Exception as error:
            LOG.warning("The copy of the registry %s cannot be read: %s", self._copy, error)
            return
        self.current = Registry.of(entries)


class _Looking(Follower):
    """Looks at the source from time to time. What was last known goes on being served, whatever it meets."""

    def __init__(self, look: Callable[[], None], poll: float) -> None:
        super().__init__("registry", first=2 * poll, longest=max(LONGEST_BACK_OFF, poll))
        self._look, self._poll = look, poll

    @contextmanager
    def session(self) -> Iterator[Session]:
        yield Session(self._step, lambda: self.rest(self._poll))

    def _step(self) -> bool:
        self._look()
        return False


def _without_secrets(entry: ldif.RawEntry) -> ldif.RawEntry:
    """The entry as it may lie on a disk: the hash of a phone's password instead of it, no PINs, no trunk's password."""
    attributes = {name: values for name, values in entry.attributes.items() if name not in _SECRETS}
    if passwords := attributes.pop("harmonysippassword", None):
        domain = next((p for p in reader.parts(entry.dn) if p.strip().lower().startswith("harmonydomain=")), "")
        user = (attributes.get("uid") or [""])[0]
        attributes["harmonysiphash"] = [a1(user, domain.partition("=")[2].strip().lower(), passwords[0])]
    return ldif.RawEntry(entry.dn, attributes)
