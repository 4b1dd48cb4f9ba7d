"""Whether two ends of one conversation are one call: they are, unless they are of two companies.

Where a company calls another one's number, over a trunk between our own switches or over one that leads back to the
same switch, each of the two has a call of its own: out of the one, into the other, with what each saw of it. Nothing of
the one's inside is in the other's.

That has to be decided before the two are joined, for what was joined is never split. The side that called is known when
the other one hears of it: somebody of a company dialled. The side that was called is at first only a number of the
public network; whose it is comes with the dialplan, milliseconds later. Where it never comes, that side is nobody's,
and when it has ended it is part of the call that led there.
"""

from collections.abc import Sequence

from projections.callflow.fact import Fact
from projections.callflow.group import Group
from projections.callflow.legs import first_names, legs_of
from projections.callflow.origin import root_of
from projections.callflow.slices import whole
from projections.callflow.verdict import tenant_of

_MADE_BY = frozenset({"originator", "other_leg", "cc_member_session_uuid", "loopback"})
_NAMED_BY = ("domain", "company", "realm", "dialed_domain", "presence", "context")


def speaks_of_company(fact: Fact) -> bool:
    """Can this fact say whose a leg is? Most do not."""
    return any("." in fact.data.get(name, "") for name in _NAMED_BY)


def _begins(fact: Fact) -> bool:
    """The begin of a leg that nobody else in its call made: what can be known of a caller is known with it."""
    return fact.kind == "create" and not any(tie.why in _MADE_BY for tie in fact.ties)


def company_of(facts: Sequence[Fact]) -> str | None:
    """Whose call these facts are, as far as they say."""
    if not any(map(speaks_of_company, facts)):
        return None
    legs = whole(legs_of(facts, first_names(facts)))
    return tenant_of(root_of(legs), legs)


def one_call(calling: Group, called: Group) -> bool | None:
    """Are the two groups at the ends of a hop one call? None while that cannot be said."""
    mine = company_of(calling.facts)
    if mine is None:
        return True if any(map(_begins, calling.facts)) or not calling.open_legs else None
    theirs = company_of(called.facts)
    if theirs is None:
        return None if called.open_legs else True
    return mine == theirs
