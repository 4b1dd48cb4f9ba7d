"""One type of published event: its family, its sentence, its data, a real example."""

import json
from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

Family = Literal["call", "queue", "registration", "switch", "command", "operator"]


class EventType(msgspec.Struct, frozen=True):
    """One type of event."""

    name: str
    sentence: str
    data: type[msgspec.Struct]

    @property
    def family(self) -> Family:
        """The first word of the name."""
        return self.name.partition(".")[0]  # type: ignore[return-value]

    @property
    def example(self) -> dict[str, Any]:
        """An event of this type, whole, as it went out."""
        return examples()[self.name]

    def schema(self) -> dict[str, Any]:
        """The JSON Schema (2020-12) of the data, with its parts under $defs."""
        return msgspec.json.schema(self.data)


@cache
def examples() -> dict[str, dict[str, Any]]:
    """One real event of each type, whole."""
    found: dict[str, dict[str, Any]] = json.loads((files(__package__) / "examples.json").read_bytes())
    return found
