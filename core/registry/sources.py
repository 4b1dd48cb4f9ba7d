"""Which source the settings name: the directory, else the LDIF file, else none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from core.registry.errors import RegistryAway
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


def source_of(settings: Settings) -> Source | None:
    """Return the source of the registry; None where there is no directory named and no file."""
    directory = directory_of(settings)
    if directory is not None:
        from core.registry.ldap import LdapSource

        return LdapSource(directory)
    path = file_of(settings)
    return FileSource(path) if settings.registry is not None or path.exists() else None


def needed(settings: Settings) -> Source:
    """Return the source of the registry; raise `RegistryAway` where there is none."""
    source = source_of(settings)
    if source is None:
        raise RegistryAway(
            f"There is no registry: name a directory as ldap_uri, or put one into {file_of(settings)} with "
            "`harmony registry import FILE`."
        )
    return source
