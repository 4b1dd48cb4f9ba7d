"""Where things live, for one command or process: the settings, and a database that is there and up to date.

Without a DSN the embedded PostgreSQL under the data directory is joined, or started, and stopped by who
leaves it last; its tables are brought up to date on the way. A database of the operator's own is never changed unasked.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from api.errors import Unavailable
from core.settings import Settings, load


class Site(msgspec.Struct, frozen=True):
    settings: Settings
    dsn: str

    @property
    def data(self) -> Path:
        return self.settings.data


@contextmanager
def site() -> Iterator[Site]:
    """The settings with a usable database for as long as the context lasts."""
    from core.migrate import pending

    settings = load()
    if settings.dsn is None:
        with prepared(settings) as here:
            yield here
        return
    with database(settings) as here:
        if missing := pending(here.dsn):
            raise Unavailable(
                f"The database of HARMONY_DSN lacks {len(missing)} of this version's migrations: run `harmony migrate`."
            )
        yield here


@contextmanager
def prepared(settings: Settings | None = None) -> Iterator[Site]:
    """The same with whatever migrations the database lacks applied first: for those who may change it."""
    from core.migrate import migrate

    with database(settings or load()) as here:
        migrate(here.dsn)
        yield here


@contextmanager
def database(settings: Settings) -> Iterator[Site]:
    """The database as it is, tables or none, beside whoever else uses the data directory.

    Raises `DirectoryInUse`, `RestoreBegun`: while a restore goes on, and after one that did not come to its end.
    """
    from core.backup.begun import refuse_directory
    from core.directory import used

    with used(settings.data, make=settings.dsn is None):
        refuse_directory(settings.data)
        with opened(settings) as here:
            yield here


@contextmanager
def opened(settings: Settings) -> Iterator[Site]:
    """The same for a restore, which has the data directory alone."""
    from core.postgres import embedded

    if settings.dsn is not None:
        yield Site(settings=settings, dsn=settings.dsn)
        return
    with embedded(settings.data, settings.postgres_bin, settings.postgres_user) as dsn:
        yield Site(settings=settings, dsn=dsn)
