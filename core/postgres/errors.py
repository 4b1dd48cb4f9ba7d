"""What can go wrong with the embedded PostgreSQL, each with what to do about it."""

from __future__ import annotations

from core.errors import HarmonyError


class PostgresError(HarmonyError):
    """The embedded PostgreSQL cannot be run as it is."""

    code = "postgres"


class NoBinaries(PostgresError):
    """There are no PostgreSQL programs where they should be."""

    code = "postgres.no-binaries"


class WrongVersion(PostgresError):
    """The data were made by another major version than the programs that are here."""

    code = "postgres.wrong-version"


class NoAccount(PostgresError):
    """We are root, and there is nobody else to run PostgreSQL as."""

    code = "postgres.no-account"


class StartFailed(PostgresError):
    """PostgreSQL did not start; the sentence ends with its own words."""

    code = "postgres.start-failed"
