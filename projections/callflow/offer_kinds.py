"""What can come of an offer: one row an outcome, with all that is particular to it. `kinds` says how that works."""

from typing import assert_never, get_args

import msgspec

from projections.callflow.document import OfferOutcome, Outcome


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One outcome of an offer. Nothing has a default: whoever adds an outcome decides all of it."""

    means: str
    """what it is, for the page of words"""
    verb: str
    """what a sentence says of the party"""
    missed: bool
    """the phone rang, and nobody answered anywhere then"""
    decides: Outcome | None
    """the outcome of a call whose last offer ended so, where nothing else says it; None: an earlier offer says it"""


def _row(outcome: OfferOutcome) -> Row:
    match outcome:
        case "answered":
            return Row(means="this phone answered", verb="answers", missed=False, decides=None)
        case "no_answer":
            return Row(
                means="it rang until its time was over", verb="does not answer", missed=True, decides="no_answer"
            )
        case "busy":
            return Row(means="the user was on the phone", verb="is busy", missed=False, decides="busy")
        case "rejected":
            return Row(
                means="the user refused by a key, or wants no calls now",
                verb="rejects",
                missed=False,
                decides="rejected",
            )
        case "answered_elsewhere":
            return Row(
                means="another phone of the group answered, or a pickup took it",
                verb="answered elsewhere",
                missed=False,
                decides=None,
            )
        case "cancelled":
            return Row(means="the caller gave up", verb="cancelled", missed=True, decides="cancelled")
        case "forwarded":
            return Row(means="the phone sent it on", verb="forwarded", missed=False, decides=None)
        case "failed":
            return Row(means="unreachable, not registered", verb="failed", missed=False, decides=None)
        case _:
            assert_never(outcome)


OFFERS: dict[OfferOutcome, Row] = {outcome: _row(outcome) for outcome in get_args(OfferOutcome)}
"""by outcome, in the order of the call document's own list"""

_BY_NAME: dict[str, Row] = dict(OFFERS.items())


def row_of(outcome: str) -> Row | None:
    """The row of an outcome that stands in a document from elsewhere, which may come from a newer Harmony."""
    return _BY_NAME.get(outcome)
