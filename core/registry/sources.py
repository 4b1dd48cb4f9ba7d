"""Which source the settings name: the directory, else the LDIF file, else one that may come into being."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.registry.file import FileSource
from core.registry.source import Source
from core.settings import Settings

if TYPE_CHECKING:
    from core.registry.ldap import Directory

FILE = "registry.ldif"
"""in the data directory: the registry where no other is named"""


def file_of(settings: Settings) -> Path:
    """Return where the registry is as a file, if it is one."""
    return settings.registry or settings.data / FILE


def directory_of(settings: Settings) -> Directory | None:
    """Return how to reach the directory, None where the registry is a file."""
    if settings.ldap_uri is None:
        return None
    from core.registry.ldap import Directory  # the LDAP library is loaded where there is a directory

    return Directory(
        uri=settings.ldap_uri,
        base=settings.ldap_base,
        bind_dn=settings.ldap_bind_dn,
        password=settings.ldap_password,
        ca=str(settings.ldap_ca) if settings.ldap_ca is not None else None,
        start_tls=settings.ldap_start_tls,
    )


def source_of(settings: Settings) -> Source:
    """Return the source of the registry; where none is named, the file that `harmony registry import` writes."""
    directory = directory_of(settings)
    if directory is not None:
        from core.registry.ldap import LdapSource

        return LdapSource(directory)
    return FileSource(file_of(settings), awaited=settings.registry is None)
