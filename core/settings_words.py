"""What a setting must be, for people: said from its type, never in a programmer's words, and without its value."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection

import msgspec
from msgspec import inspect

_AT = re.compile(r" - at `\$\.?(.*)`$")
_UNKNOWN = re.compile(r"unknown field `(.+?)`")


def fault(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> tuple[str, str]:
    """Return which setting a decoder complains of (empty: none), and the end of the sentence that begins with it."""
    found = _AT.search(str(error))
    path = found[1] if found else ""
    name, _, rest = path.partition("[")
    known = {one.name: one for one in _struct(kind).fields}
    field = known.get(name)
    if field is None:
        return path, f"cannot be what it is: {str(error).rstrip('.')}"
    if rest and (inner := _entry(field.type)) is not None:
        return name, _of_entry(error, name, inner, known)
    return name, f"must be {_what(field.type)}"


def nearest(name: str, names: Collection[str], prefix: str = "") -> str:
    """Return what to do about a name that there is not. ``prefix``: of variables, which are written in capitals."""
    close = difflib.get_close_matches(name, names, n=1)
    shown = [prefix + one.upper() if prefix else one for one in close or names]
    return f"the nearest that there is is {shown[0]}" if close else f"remove it; there are {', '.join(shown)}"


def _of_entry(error: msgspec.ValidationError, name: str, inner: inspect.StructType, known: Collection[str]) -> str:
    keys = " and ".join(one.name for one in inner.fields)
    if (extra := _UNKNOWN.search(str(error))) is None:
        return f"has an entry that is none: each [[{name}]] has {keys}, texts in quotes"
    if extra[1] in known:
        return f"has the key {extra[1]} in an entry: move that line above the first [[{name}]], where it belongs"
    return f"has the key {extra[1]} in an entry, which has {keys} alone: correct it, or take it out"


def _struct(kind: type[msgspec.Struct]) -> inspect.StructType:
    found = inspect.type_info(kind)
    assert isinstance(found, inspect.StructType)
    return found


def _entry(kind: inspect.Type) -> inspect.StructType | None:
    item = kind.item_type if isinstance(kind, inspect.VarTupleType) else None
    return item if isinstance(item, inspect.StructType) else None


def _what(kind: inspect.Type) -> str:
    match kind:
        case inspect.IntType(ge=least, le=most):
            bounds = "" if least is None else f", {least} or more" if most is None else f" from {least} to {most}"
            return f"a whole number{bounds}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType(values=values):
            return " or ".join(f'"{value}"' for value in values)
        case inspect.UnionType(types=types):
            return ", or ".join(_what(one) for one in types if not isinstance(one, inspect.NoneType))
        case inspect.CustomType():
            return "a path, in quotes"
        case inspect.VarTupleType() | inspect.ListType():
            return "a list"
        case _:
            return "a text, in quotes"
