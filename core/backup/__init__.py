"""One file that holds an installation and proves itself: `container` is the file, `tables` what is in a database."""

from core.backup.container import BackupError, Reader, Writer

__all__ = ["BackupError", "Reader", "Writer"]
