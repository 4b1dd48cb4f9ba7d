"""What the source says of the fields of structs: the string below a field is its description."""

import ast
import inspect
import sys
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

import msgspec


def described(schema: dict[str, Any], struct: type) -> dict[str, Any]:
    """The schema of a struct with a description of each field that has one."""
    sentences = sentences_of(struct)
    names = {field.encode_name: field.name for field in msgspec.structs.fields(struct)}
    for name, value in schema.get("properties", {}).items():
        if sentence := sentences.get(names.get(name, name)):
            schema["properties"][name] = value | {"description": sentence}
    return schema


def sentences_of(struct: type) -> dict[str, str]:
    """What is said of the fields of a struct, also of those that it inherits."""
    found: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if issubclass(base, msgspec.Struct) and base is not msgspec.Struct:
            found |= _of_module(base.__module__).get(base.__name__, {})
    return found


def structs_in(*types: Any) -> dict[str, type]:
    """Every struct that values of these types hold, by name."""
    found: dict[str, type] = {}
    waiting = [msgspec.inspect.type_info(kind) for kind in types]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType):
            if info.cls.__name__ in found:
                continue
            found[info.cls.__name__] = info.cls
        waiting += _within(info)
    return found


def _within(info: Any) -> Iterator[msgspec.inspect.Type]:
    """The types that a type is made of."""
    for name in getattr(info, "__struct_fields__", ()):
        value = getattr(info, name)
        for part in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(part, msgspec.inspect.Field):
                yield part.type
            elif isinstance(part, msgspec.inspect.Type):
                yield part


@cache
def _of_module(name: str) -> dict[str, dict[str, str]]:
    """By class and field."""
    tree = ast.parse(inspect.getsource(sys.modules[name]))
    found: dict[str, dict[str, str]] = {}
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            found[node.name] = {
                field.target.id: " ".join(str(says.value.value).split())
                for field, says in pairwise(node.body)
                if isinstance(field, ast.AnnAssign)
                and isinstance(field.target, ast.Name)
                and isinstance(says, ast.Expr)
                and isinstance(says.value, ast.Constant)
            }
    return found
