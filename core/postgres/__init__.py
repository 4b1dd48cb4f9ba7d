"""An embedded PostgreSQL: plain programs from a wheel (or any directory), our own small supervisor."""

from core.postgres.embedded import Embedded, Status, embedded
from core.postgres.errors import PostgresError

__all__ = ["Embedded", "PostgresError", "Status", "embedded"]
