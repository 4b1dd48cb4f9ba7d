"""Companies and what they have: users, phones, lines, numbers, services; from LDAP or a file, served from memory."""

from core.registry.entries import Entry
from core.registry.snapshot import Company, Registry

__all__ = ["Company", "Entry", "Registry"]
