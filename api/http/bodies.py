"""JSON bodies of requests as values of a type, within the bounds of the endpoint's record."""

import re
from typing import Any, TypeVar

import msgspec
from starlette.requests import Request

from api.errors import BadArgument
from api.http.routes import record_of

T = TypeVar("T")
_FIELD = re.compile(r" - at `\$\.(\w+)`$")
B = TypeVar("B", bound=msgspec.Struct)


async def body_of(request: Request, kind: type[B]) -> B:
    """What a request carries; raises `BadArgument`, or the errors that the record names instead."""
    takes = record_of(request).body
    assert takes is not None
    assert takes.kind is kind
    media = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if takes.strict and media != "application/json":
        raise BadArgument(
            f"Content-Type: {media[:60]!r} is not taken here: send `Content-Type: application/json`, and JSON."
        )
    content = bytearray()
    async for piece in request.stream():
        content += piece
        if len(content) > takes.longest:
            raise takes.too_long(f"The body has more than {takes.longest} bytes, which nothing here needs.")
    try:
        return decoded(content.strip() or (b"{}" if takes.optional or _requires(kind) else b""), kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        if takes.example is not None:
            raise BadArgument(f"{_without_values(error, kind)} The body is JSON such as {takes.example}.") from None
        if isinstance(error, msgspec.ValidationError):
            raise takes.wrong(f"The body is not what is taken here: {_sentence(error)}.") from None
        raise BadArgument(f"The body is no JSON in UTF-8: {_sentence(error)}.") from None


def _without_values(error: Exception, kind: type[msgspec.Struct]) -> str:
    """What is wrong, in words that repeat nothing of what was sent."""
    names = kind.__struct_fields__
    if (found := _FIELD.search(str(error))) is not None and found[1] in names:
        return f"The value of {found[1]} has another shape than it must have."
    if isinstance(error, msgspec.ValidationError):
        return f"Its keys are {' and '.join(names)}, and no others."
    return "It is no JSON in UTF-8."


def _requires(kind: type[msgspec.Struct]) -> bool:
    """Whether something must be in it: then the decoder says what is missing in a body that is not there."""
    return any(field.required for field in msgspec.structs.fields(kind))


def decoded(content: bytes | bytearray, kind: type[T]) -> T:
    """The value; raises `UnicodeDecodeError`, `msgspec.DecodeError`, and of these `ValidationError` for another shape.

    5.0 is taken as 5: to JSON Schema they are one number.
    """
    try:
        return msgspec.convert(_whole(msgspec.json.decode(content)), kind)
    except RecursionError:
        raise msgspec.DecodeError("it is nested too deeply") from None


def _whole(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_whole(inner) for inner in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _sentence(error: Exception) -> str:
    """The decoder's words; it repeats what was sent."""
    words = str(error).rstrip(".")[:200]
    return words if words.isprintable() else words.encode("unicode_escape").decode()
