"""Which test events somebody gets who asked for some types only. Pure."""

from collections.abc import Iterable, Iterator

import msgspec


class _Typed(msgspec.Struct):
    type: str


_typed = msgspec.json.Decoder(_Typed).decode


def chosen(events: Iterable[msgspec.Raw], types: str | None) -> Iterator[bytes]:
    """Those of these types: whole names, or beginnings such as call.*, with commas between; None: all."""
    names = [name.strip() for name in types.split(",")] if types else ["*"]
    for event in events:
        found = _typed(event).type
        if any(found.startswith(name[:-1]) if name.endswith("*") else found == name for name in names):
            yield bytes(event)
