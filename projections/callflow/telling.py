"""One telling of a call: what its facts amount to now, and what of that is news."""

import msgspec

from projections.callflow import milestones
from projections.callflow.changes import CallEvent
from projections.callflow.document import Call
from projections.callflow.group import Group
from projections.callflow.interpret import happened, interpretation
from projections.callflow.milestones import Told
from projections.callflow.slices import Slices


class Saying(msgspec.Struct, frozen=True):
    """What is said of a call, and up to which of its facts."""

    call: Call
    shown: bool
    """whether it is a call that anybody has lived through"""
    events: list[CallEvent]
    told: Told
    facts: int
    """how many it is told from"""
    at: int
    """when the last of them was, by the switches' clocks"""


def tell(group: Group) -> Slices[Saying]:
    """Tell a call as it stands when this begins; nothing of the group is changed."""
    facts, told, was, at = list(group.facts), group.told.copy(), set(group.was), group.last_at
    call = yield from interpretation(facts)
    shown = happened(facts)
    aliases = was - {call.call_id}
    events = milestones.merges(call, told, aliases, at)
    if shown:
        events += yield from milestones.milestones(call, told, aliases)
    return Saying(call, shown, events, told, len(facts), at)
