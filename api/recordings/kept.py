"""One directory of sound files that a switch writes: which file of it a path of the switch's means, and opening that.

Nothing outside the directory is ever opened: a path is taken apart, and each part is opened from the one before,
without following links, so that neither `..` nor a link leads out, also when somebody changes the directory meanwhile.
"""

import errno
import os
import stat
from pathlib import Path, PurePosixPath

import msgspec

KINDS = {".wav": "audio/wav", ".mp3": "audio/mpeg", ".ogg": "audio/ogg", ".opus": "audio/ogg", ".flac": "audio/flac"}
"""media types by what a name ends in; nothing else is served"""
_LINKS = {errno.ELOOP, errno.ENOTDIR, errno.ENOENT, errno.ENAMETOOLONG, errno.EACCES, errno.ENXIO}


class Sound(msgspec.Struct, frozen=True):
    """A file that was opened; whoever has it closes `descriptor`."""

    descriptor: int
    size: int
    """bytes"""
    kind: str
    tag: str
    """changes with the content"""


class Kept:
    """The files below ``directory``, which the switch calls ``known_as`` (None: the same)."""

    def __init__(self, directory: Path | None, known_as: str | None) -> None:
        self._directory = directory
        self._known_as = PurePosixPath(known_as or str(directory or "/"))

    def parts(self, path: str) -> tuple[str, ...] | None:
        """A path of the switch's, from the directory on; None for one that is not below it, or no sound file."""
        named = PurePosixPath(path)
        if self._directory is None or "\0" in path or named.suffix.lower() not in KINDS:
            return None
        try:
            parts = named.relative_to(self._known_as).parts
        except ValueError:
            return None
        return parts if parts and ".." not in parts else None

    def size(self, path: str) -> int | None:
        """Bytes of a file, None where there is none that can be read."""
        found = self.open(path)
        if found is None:
            return None
        os.close(found.descriptor)
        return found.size

    def open(self, path: str) -> Sound | None:
        """The file that a path of the switch's means; None where it is not there, or not to be read."""
        parts = self.parts(path)
        if parts is None or self._directory is None:
            return None
        try:
            at = os.open(self._directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            for part in parts[:-1]:
                inner = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=at)
                os.close(at)
                at = inner
            file = os.open(parts[-1], os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=at)
        except OSError as error:
            if error.errno in _LINKS:
                return None
            raise
        finally:
            os.close(at)
        about = os.fstat(file)
        if not stat.S_ISREG(about.st_mode):
            os.close(file)
            return None
        tag = f'"{about.st_mtime_ns:x}-{about.st_size:x}-{about.st_ino:x}"'
        return Sound(file, about.st_size, KINDS[PurePosixPath(parts[-1]).suffix.lower()], tag)
