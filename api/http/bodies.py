"""JSON bodies of requests as values of a type."""

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")


def decoded(content: bytes | bytearray, kind: type[T]) -> T:
    """The value; raises `UnicodeDecodeError`, `msgspec.DecodeError`, and of these `ValidationError` for another shape.

    5.0 is taken as 5: to JSON Schema they are one number.
    """
    return msgspec.convert(_whole(msgspec.json.decode(content)), kind)


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
