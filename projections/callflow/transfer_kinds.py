"""The kinds of transfer: one row a kind, with all that is particular to it. How `kinds` works, says that module."""

from typing import assert_never, get_args

import msgspec

from projections.callflow.document import TransferKind


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of transfer. Nothing has a default: whoever adds a kind decides all of it."""

    means: str
    """what it is, for the page of words"""
    noun: str
    """what a sentence calls it"""
    tried: bool
    """a person or a command moved somebody who was in the call: it counts as one of its transfers"""
    consults: bool
    """the transferor called the target himself before he moved anybody there"""


def _row(kind: TransferKind) -> Row:
    match kind:
        case "blind":
            return Row(
                means="the transferor sends the other on without having asked the target",
                noun="blind transfer",
                tried=True,
                consults=False,
            )
        case "attended":
            return Row(
                means="the transferor has talked with the target first",
                noun="attended transfer",
                tried=True,
                consults=True,
            )
        case "semi_attended":
            return Row(
                means="the same, completed while the target rings",
                noun="semi-attended transfer",
                tried=True,
                consults=True,
            )
        case "forward":
            return Row(means="by the phone or by rule", noun="forward", tried=False, consults=False)
        case "pickup":
            return Row(means="another phone takes the call that rings", noun="pickup", tried=False, consults=False)
        case "park":
            return Row(means="into a parking lot", noun="park", tried=False, consults=False)
        case "retrieve":
            return Row(means="fetched from a parking lot", noun="retrieve", tried=False, consults=False)
        case "park_return":
            return Row(
                means="sent back by a parking lot after its time", noun="park-return", tried=False, consults=False
            )
        case "command":
            return Row(means="by an API command", noun="command transfer", tried=True, consults=False)
        case _:
            assert_never(kind)


TRANSFERS: dict[TransferKind, Row] = {kind: _row(kind) for kind in get_args(TransferKind)}
"""by kind, in the order of the call document's own list"""

TRIED = frozenset(kind for kind, row in TRANSFERS.items() if row.tried)

_BY_NAME: dict[str, Row] = dict(TRANSFERS.items())


def row_of(kind: object) -> Row | None:
    """The row of a kind that stands in a document from elsewhere, which may come from a newer Harmony."""
    return _BY_NAME.get(kind) if isinstance(kind, str) else None
