"""The shapes in which calls can be had besides their own documents, one by one: for HTTP and for the command line."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from api.errors import Settled
from api.exports.signing import Signer
from api.exports.traces import request
from api.exports.vcon import vcon
from core.settings import Settings

SHAPES: Final = {"vcon": "application/vcon", "otlp": "application/json"}
"""by name: the media type of one call"""
Shape = Callable[[bytes], bytes]
"""from a call's document; empty where there is nothing to say yet"""


def shape(kind: str, settings: Settings, sign: bool = False) -> Shape:
    """How a call's document becomes the shape; raises `Settled` where nothing can be signed."""
    if sign and kind != "vcon":
        raise Settled("sign: only a vCon is signed: ask for one, or without a signature.")
    node = settings.node
    signer = Signer(settings) if sign else None

    def as_vcon(document: bytes) -> bytes:
        made: dict[str, Any] = vcon(msgspec.json.decode(document), node.rpartition("@")[2])
        return msgspec.json.encode(made if signer is None else signer.signed(made))

    def as_trace(document: bytes) -> bytes:
        made = request([msgspec.json.decode(document)], node)
        return msgspec.json.encode(made) if made["resourceSpans"] and _spans(made) else b""

    return as_vcon if kind == "vcon" else as_trace


def _spans(made: dict[str, Any]) -> int:
    return sum(len(scope["spans"]) for one in made["resourceSpans"] for scope in one["scopeSpans"])
