"""What can go wrong with the registry itself, apart from single entries (those are findings)."""

from core.errors import HarmonyError


class RegistryError(HarmonyError):
    """The registry could not do what was asked of it."""

    code = "registry"


class RegistryAway(RegistryError):
    """The registry's source cannot be reached; what was last known goes on being served."""

    code = "registry.away"


class RegistryAbsent(RegistryAway):
    """There is no registry: none is named, and none was put where Harmony looks for one."""

    code = "registry.absent"


class RegistryRefused(RegistryError):
    """The source would not make a change, or has no such entry."""

    code = "registry.refused"
