"""The tables of the call read model: what a row is made of, and how rows get there."""

from projections.tables.rows import Rows, rows_of
from projections.tables.writer import CallTables

__all__ = ["CallTables", "Rows", "rows_of"]
