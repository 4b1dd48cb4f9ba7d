"""Errors of the projections themselves. Those of the database and the log come from core, those of the fold from it."""

from core.errors import HarmonyError


class ProjectionError(HarmonyError):
    """A projection cannot go on; ``str(error)`` is one sentence."""

    code = "projection"


class Moved(ProjectionError):
    """The projection is not where its runner left it: somebody else wrote, or the tables were rebuilt."""

    code = "projection.moved"


class NotThere(ProjectionError):
    """The database has no place for the projection."""

    code = "projection.not-there"


class RebuildRunning(ProjectionError):
    """Another rebuild is at work."""

    code = "projection.rebuild-running"


class BadFilter(ProjectionError):
    """A filter, a cursor or a time zone that cannot be used."""

    code = "query.bad-filter"


class CannotFold(ProjectionError):
    """An event that was parked cannot be used now either."""

    code = "projection.cannot-fold"


class CannotRestore(ProjectionError):
    """What is stored of a call cannot be taken up again."""

    code = "projection.cannot-restore"
