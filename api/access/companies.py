"""Whether there is a company, or a user, of the name that somebody types: a slip is refused, not answered with nothing.

A company is there when the registry has it, or when calls are of it. Where no registry is known (there is none, or it
is away and was never read), any name may be one.
"""

import difflib
from typing import Any

from psycopg import Connection

from api.errors import NotFound
from core.errors import HarmonyError
from core.registry import reader
from core.registry.snapshot import EMPTY, Registry
from core.registry.sources import source_of
from core.settings import Settings


def registry_now(settings: Settings) -> Registry:
    """The registry, read for a command; `EMPTY` when there is none, or it cannot be read."""
    source = source_of(settings)
    try:
        return Registry.of(reader.read(source.read().values())[0])
    except HarmonyError:
        return EMPTY
    finally:
        source.close()


def company(connection: Connection[Any], registry: Registry, name: str) -> str:
    """The domain of a company that is there; raises `NotFound`."""
    domain = name.lower()
    if domain in registry.companies or not registry.companies or _has_calls(connection, domain):
        return domain
    raise NotFound(
        f"There is no company {name[:80]!r} in the registry, and no call is of it: {_nearest(registry, domain)}."
    )


def user(registry: Registry, name: str) -> None:
    """Whether a user (1001@alpha.example) may use the system; raises `NotFound` for one who may not."""
    number, _, domain = name.partition("@")
    if not registry.companies or registry.user(domain, number) is not None:
        return
    if registry.company(domain) is None:
        raise NotFound(f"There is no company {domain[:80]!r} in the registry: {_nearest(registry, domain)}.")
    raise NotFound(
        f"The registry has no user {name[:80]!r} who may use the system: `harmony registry show {domain}` lists them."
    )


def _nearest(registry: Registry, domain: str) -> str:
    found = difflib.get_close_matches(domain, registry.companies, n=1, cutoff=0.75)
    return f"the nearest name there is {found[0]}" if found else "`harmony registry show` lists them"


def _has_calls(connection: Connection[Any], domain: str) -> bool:
    if "\0" in domain:  # no text in the database holds one
        return False
    return connection.execute("SELECT FROM calls.call WHERE tenant = %s LIMIT 1", [domain]).fetchone() is not None
