"""Which events a connection subscribed to, with the module's surprises (`mod_erlang_event.c`, event_handler)."""

from __future__ import annotations


class Subscription:
    """Event names and CUSTOM subclasses; ALL covers both, until the first `nixevent`."""

    def __init__(self) -> None:
        self._all = self._all_names = False
        self._names: set[str] = set()
        self._without: set[str] = set()
        self._customs: set[str] = set()

    @property
    def any(self) -> bool:
        """Whether anything is subscribed to."""
        return self._all or self._all_names or bool(self._names)

    def add(self, names: list[str]) -> None:
        """Add events; what follows CUSTOM are subclasses."""
        for kind, name in _sorted(names):
            if kind == "custom":
                self._customs.add(name)
            elif name == "ALL":
                self._all = True
            else:
                self._names.add(name)
                self._without.discard(name)

    def replace(self, names: list[str]) -> bool:
        """Forget all and add; False, with nothing subscribed, when ALL is among them."""
        self.__init__()  # type: ignore[misc]
        if "ALL" in names:
            return False
        self.add(names)
        return True

    def remove(self, names: list[str]) -> None:
        """Remove events. After ALL this silently ends every CUSTOM subclass."""
        for kind, name in _sorted(names):
            if kind == "custom":
                self._customs.discard(name)
            elif name == "ALL":
                self._all = self._all_names = False
                self._names.clear()
            elif name != "CUSTOM":
                if self._all:
                    self._all, self._all_names = False, True
                self._names.discard(name)
                self._without.add(name)

    def wants(self, name: str, subclass: str) -> bool:
        """Say whether an event is sent."""
        if self._all:
            return True
        if name == "CUSTOM":
            return subclass in self._customs and (self._all_names or "CUSTOM" in self._names)
        return name in self._names or (self._all_names and name not in self._without)


def _sorted(names: list[str]) -> list[tuple[str, str]]:
    custom = False
    found = []
    for name in names:
        found.append(("custom" if custom else "name", name))
        custom = custom or name == "CUSTOM"
    return found
