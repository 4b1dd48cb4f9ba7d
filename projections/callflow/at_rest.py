"""The state of a call at rest: what the fold needs to go on with it, in parts that are written once, and a head.

A call of ten thousand facts takes one more at each event. Written as a whole its state would cost ten thousand facts an
event; so a long call's state is a sequence of values of one shape (`Stored`), each of which adds to those before it:
facts, and what was published or corrected since. Once the head has grown to `PART` entries it becomes a part, and a new
head begins; so one event rewrites `PART` entries at most. The state of a short call is one head, with all of it.

Facts are a set, and a later value of the same mark counts: the order of the parts is that in which they were written.
"""

from collections.abc import Sequence

import msgspec

from projections.callflow.fact import Fact
from projections.callflow.milestones import Published

PART = 256
"""facts and marks; more of them in a head make it a part"""


class Stored(msgspec.Struct, array_like=True):
    """A state, or a part of one. Fields are only ever added at the end: states of earlier versions are read, too."""

    facts: list[Fact]
    news: dict[str, int]
    called: list[str]
    corrections: dict[str, int] = {}
    call_id: str = ""
    ended: bool = False
    behind: bool = False
    """the document is behind the facts"""
    waits: list[str] = []


_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Stored)


class AtRest(msgspec.Struct, frozen=True):
    """What is to be written of a state."""

    head: bytes
    parts: tuple[bytes, ...] = ()
    """those that have come to their end since the state was last written"""
    first: int = 0
    """the number of the first of these parts, counted from 0"""
    renewed: bool = False
    """the parts written before are void"""


class Growth:
    """What a call's state has grown by since its last part."""

    def __init__(self) -> None:
        self._facts: list[Fact] = []
        self._marks: dict[str, None] = {}
        self._parts = 0
        self._of: str | None = None
        """the id of the call under which they are written; None: all of it is to be written again"""

    def add(self, fact: Fact) -> None:
        """Another fact of the call."""
        self._facts.append(fact)

    def touch(self, marks: Sequence[str]) -> None:
        """Something was published of it, or corrected."""
        self._marks.update(dict.fromkeys(marks))

    def go_on(self, states: Sequence[bytes]) -> None:
        """The state was read: some parts, and a head."""
        head = _decoder.decode(states[-1])
        self._facts, self._marks = head.facts, dict.fromkeys((*head.news, *head.corrections))
        self._parts, self._of = len(states) - 1, head.call_id

    def begin_again(self) -> None:
        """Parts of the state are of other calls: write all of it again, under the id of this one."""
        self._of = None

    def rest(self, facts: Sequence[Fact], published: Published, head: Stored, long: bool) -> AtRest:
        """The state to write; `head` says what is not told by facts and marks, and is filled with these."""
        whole = not long or self._of != head.call_id
        renewed = whole and self._parts > 0
        if whole:
            self._facts, self._parts = list(facts), 0
            self._marks = dict.fromkeys((*published.news, *published.corrections))
        self._of = head.call_id
        if not long:
            head.facts, head.news, head.corrections = list(facts), published.news, published.corrections
            return AtRest(_encode(head), renewed=renewed)
        head.facts = self._facts
        head.news = {mark: published.news[mark] for mark in self._marks if mark in published.news}
        head.corrections = {mark: published.corrections[mark] for mark in self._marks if mark in published.corrections}
        if len(self._facts) + len(self._marks) < PART:
            return AtRest(_encode(head), first=self._parts, renewed=renewed)
        part, number = _encode(head), self._parts
        self._facts, self._marks, self._parts = [], {}, number + 1
        head.facts, head.news, head.corrections = [], {}, {}
        return AtRest(_encode(head), (part,), number, renewed)


def read(states: Sequence[bytes]) -> Stored:
    """All of a state, from its parts and its head, in this order; facts in no order."""
    *parts, head = (_decoder.decode(state) for state in states)
    if not parts:
        return head
    whole = Stored([], {}, head.called, {}, head.call_id, head.ended, head.behind, head.waits)
    for one in (*parts, head):
        whole.facts += one.facts
        whole.news |= one.news
        whole.corrections |= one.corrections
    return whole
