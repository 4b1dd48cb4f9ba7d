"""The Erlang terms that Python has no type for, and the type of any term.

Numbers, tuples, lists and binaries are Python's own; a map is a `dict` where a dict can hold it. Values only: how they
look on the wire is `decode` and `encode`.
"""

from __future__ import annotations

from typing import TypeAlias, Union

import msgspec


class Atom(str):
    """An Erlang atom. Booleans are the atoms `true` and `false`, as they are in Erlang."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Atom({str.__repr__(self)})"


class String(msgspec.Struct, frozen=True, gc=False):
    """STRING_EXT: a list of small integers that was sent as bytes.

    Apart from a binary (`bytes`) because replies to the two differ, and apart from text because nobody knows whether
    the bytes are Latin-1 or UTF-8. The empty string does not exist: Erlang sends it as the empty list.
    """

    value: bytes

    def __bytes__(self) -> bytes:
        return self.value

    def __len__(self) -> int:
        return len(self.value)


class BitString(msgspec.Struct, frozen=True, gc=False):
    """A binary whose last byte counts only in its `bits` highest bits (1 to 7)."""

    value: bytes
    bits: int


class Pid(msgspec.Struct, frozen=True, gc=False):
    """A process of a node in one of its lives (`creation`, 32 bits)."""

    node: Atom
    id: int
    serial: int
    creation: int

    def __str__(self) -> str:
        return f"<{self.node}.{self.id}.{self.serial}>"


class Port(msgspec.Struct, frozen=True, gc=False):
    """A port of a node; `id` has up to 64 bits."""

    node: Atom
    id: int
    creation: int


class Ref(msgspec.Struct, frozen=True):
    """A reference: up to five words of 32 bits, unique in one life of its node."""

    node: Atom
    creation: int
    ids: tuple[int, ...]


class Export(msgspec.Struct, frozen=True, gc=False):
    """`fun Module:Function/Arity`."""

    module: Atom
    function: Atom
    arity: int


class Fun(msgspec.Struct, frozen=True):
    """A closure of another node: of no use here but to be sent back."""

    module: Atom
    arity: int
    uniq: bytes
    index: int
    old_index: int
    old_uniq: int
    pid: Pid
    free: tuple[Term, ...]


class ImproperList(msgspec.Struct, frozen=True):
    """A list whose tail is no list, such as `[alias | Ref]` in a call's tag."""

    items: tuple[Term, ...]
    tail: Term


class Pairs(msgspec.Struct, frozen=True):
    """A map that a dict cannot hold: keys that Python cannot hash, or takes for equal (1 and 1.0), or could be made to
    collide (see `decode`)."""

    items: tuple[tuple[Term, Term], ...]


Term: TypeAlias = Union[
    int,
    float,
    Atom,
    bytes,
    String,
    BitString,
    Pid,
    Port,
    Ref,
    Export,
    Fun,
    ImproperList,
    Pairs,
    "list[Term]",
    "tuple[Term, ...]",
    "dict[Term, Term]",
]
