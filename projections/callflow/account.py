"""An account of a call: the document that its facts amount to now, and what of that is news."""

import msgspec

from projections.callflow import milestones
from projections.callflow.changes import CallEvent
from projections.callflow.document import Call, rendering
from projections.callflow.group import Group
from projections.callflow.interpret import happened, interpretation
from projections.callflow.milestones import Published
from projections.callflow.slices import Slices


class Account(msgspec.Struct, frozen=True):
    """The document of a call with its news, and how many of the call's facts it is made of."""

    call: Call
    rendered: bytes | None
    """its JSON, where it is long"""
    shown: bool
    """whether it is a call that anybody has lived through"""
    events: list[CallEvent]
    published: Published
    facts: int
    at: int
    """when the last of them was, by the switches' clocks"""


def account_of(group: Group) -> Slices[Account]:
    """The account of a call as it stands when this begins; nothing of the group is changed."""
    facts, published, was, at = list(group.facts), group.published.copy(), set(group.was), group.last_at
    call = yield from interpretation(facts)
    shown = happened(facts)
    aliases = was - {call.call_id}
    events = milestones.merges(call, published, aliases, at)
    if shown:
        events += yield from milestones.milestones(call, published, aliases)
    rendered = (yield from rendering(call)) if group.long and shown else None
    return Account(call, rendered, shown, events, published, len(facts), at)
