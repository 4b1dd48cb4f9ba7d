"""Erlang terms in Python, and the external term format between the two. No I/O."""

from bridge.errors import TermError
from bridge.term.decode import decode, decode_prefix
from bridge.term.encode import encode, encode_atom
from bridge.term.limits import Limits
from bridge.term.types import (
    Atom,
    BitString,
    Export,
    Fun,
    ImproperList,
    Pairs,
    Pid,
    Port,
    Ref,
    String,
    Term,
)

__all__ = [
    "Atom",
    "BitString",
    "Export",
    "Fun",
    "ImproperList",
    "Limits",
    "Pairs",
    "Pid",
    "Port",
    "Ref",
    "String",
    "Term",
    "TermError",
    "decode",
    "decode_prefix",
    "encode",
    "encode_atom",
]
