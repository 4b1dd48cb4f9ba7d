"""The kinds of segment: one row a kind, and all that is particular to it stands in its row.

A segment is a stretch of a call in which one thing was going on. Thirteen things can go on, and many parts of Harmony
must know which of them is what: whether it counts as talk, what the state of a live call is meanwhile, what its
beginning publishes, how a ladder draws it. Whoever needs a property of a kind reads it from its row, or uses one of the
sets below, which are made from the rows; nobody keeps a list of kinds of his own.

A new kind takes a word in `document.SegmentKind` and a row here. The type checker then names each `match` over kinds
that has no case for it (`activities` says when it goes on, `interpret` what its detail is), and the tests name the
rest: a story in which it comes up, the comment on `cdr.cdr_segment.kind`, the generated pages.

How the kinds come about is no property of theirs but a judgement over the whole call: see `activities`.
"""

from collections.abc import Callable
from typing import Literal, assert_never, get_args

import msgspec

from projections.callflow.details import (
    FileDetail,
    HoldDetail,
    MonitorDetail,
    NoDetail,
    ParkDetail,
    ParkEndDetail,
    QueueDetail,
    QueueEndDetail,
    RoomDetail,
)
from projections.callflow.document import SegmentKind, State

Talk = Literal["counted", "aside", "room", "no"]
"""`counted`: its time is the call's talk; `aside`: people hear each other, but for a consultation; `room`: one
membership of a room, which connects without saying who heard whom, and counts in the sums; `no`: nobody is connected
with anybody"""

Sentence = Literal["offer", "pair", "hold", "place", "alone"]
"""how a ladder says that it began. `offer`: not at all, the offer says it; `pair`: an arrow between two; `hold`: who
holds whom; `place`: who is in which lot, queue, room, box or menu; `alone`: the word and the parties"""

# Shorter activities (microseconds) are the switch shuffling its state, and nothing that anybody lived through.
_SHORTEST = 20_000
# A scrap of hold music, played while the switch lays its wires anew, tells nobody anything.
_SHORTEST_ANNOUNCEMENT = 200_000


class Live(msgspec.Struct, frozen=True):
    """The state of a call while a segment of this kind lasts; of several that last, the lowest rank decides."""

    state: State
    rank: int


class News(msgspec.Struct, frozen=True):
    """An event that is published of a segment: its type, what that says, the detail in it."""

    name: str
    sentence: str
    detail: type[msgspec.Struct]


class Bar(msgspec.Struct, frozen=True):
    """A party's line in a ladder; of several segments at once, the lowest rank is drawn."""

    glyph: str
    ascii: str
    rank: int


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of segment. Nothing has a default: whoever adds a kind decides all of it."""

    means: str
    """what it is, for the page of words"""
    word: str
    """its name in a sentence"""
    service: bool
    """a service has the caller, and is one of the segment's parties (`queue:support`)"""
    talk: Talk
    waits: bool
    """a call that came no further than here was abandoned by its caller, or left unserved by the switch"""
    between: bool
    """it is between people: whom somebody is in it with, he may command as far as his own phone could"""
    shortest: int
    """microseconds; a shorter one is left out"""
    live: Live | None
    detail: type[msgspec.Struct]
    """the detail of a segment that is over"""
    begins: News | None
    ends: News | None
    sentence: Sentence
    bar: Bar | None


def _row(kind: SegmentKind) -> Row:
    match kind:
        case "ring":
            return Row(
                means="a phone rings for the call",
                word="ring",
                service=False,
                talk="no",
                waits=False,
                between=False,
                shortest=_SHORTEST,
                live=None,
                detail=NoDetail,
                begins=None,
                ends=None,
                sentence="offer",
                bar=Bar("┊", ".", 11),
            )
        case "early_media":
            return Row(
                means="sound before the answer: an announcement of the network, a ringing tone that is sent as audio",
                word="early media",
                service=False,
                talk="no",
                waits=False,
                between=True,
                shortest=_SHORTEST,
                live=None,
                detail=NoDetail,
                begins=News("call.early_media", "The far side is heard before it has answered.", NoDetail),
                ends=None,
                sentence="alone",
                bar=Bar("┊", ".", 10),
            )
        case "ivr":
            return Row(
                means="a menu talks",
                word="ivr",
                service=True,
                talk="no",
                waits=True,
                between=False,
                shortest=_SHORTEST,
                live=Live("ivr", 8),
                detail=NoDetail,
                begins=News("call.ivr", "The call reached a voice menu.", NoDetail),
                ends=None,
                sentence="place",
                bar=Bar("▪", "I", 7),
            )
        case "queue":
            return Row(
                means="waits in a queue",
                word="queue",
                service=True,
                talk="no",
                waits=True,
                between=False,
                shortest=_SHORTEST,
                live=Live("queued", 6),
                detail=QueueEndDetail,
                begins=News("call.queued", "The call waits in a queue.", QueueDetail),
                ends=News("call.left_queue", "The wait in a queue ended: by an answer, or by leaving.", QueueEndDetail),
                sentence="place",
                bar=Bar("░", "Q", 9),
            )
        case "talk":
            return Row(
                means="two or more parties can hear each other",
                word="talk",
                service=False,
                talk="counted",
                waits=False,
                between=True,
                shortest=_SHORTEST,
                live=Live("talking", 1),
                detail=NoDetail,
                begins=News("call.talking", "These parties can hear each other from now on.", NoDetail),
                ends=None,
                sentence="pair",
                bar=Bar("┃", "#", 2),
            )
        case "consult":
            return Row(
                means="the transferor talks with the target while somebody is on hold for it",
                word="consultation",
                service=False,
                talk="aside",
                waits=False,
                between=True,
                shortest=_SHORTEST,
                live=Live("held", 2),
                detail=NoDetail,
                begins=News(
                    "call.consulting",
                    "Somebody talks with the target of a transfer while another is on hold.",
                    NoDetail,
                ),
                ends=None,
                sentence="pair",
                bar=Bar("║", "%", 1),
            )
        case "hold":
            return Row(
                means="somebody is on hold; `detail.by` says who pressed the key",
                word="hold",
                service=False,
                talk="no",
                waits=False,
                between=True,
                shortest=_SHORTEST,
                live=Live("held", 3),
                detail=HoldDetail,
                begins=News("call.held", "Somebody was put on hold.", HoldDetail),
                ends=News("call.resumed", "A hold ended.", HoldDetail),
                sentence="hold",
                bar=Bar("╎", ":", 4),
            )
        case "park":
            return Row(
                means="waits in a parking lot",
                word="park",
                service=True,
                talk="no",
                waits=True,
                between=False,
                shortest=_SHORTEST,
                live=Live("parked", 5),
                detail=ParkEndDetail,
                begins=News("call.parked", "The call was put into a lot.", ParkDetail),
                ends=News("call.unparked", "The call left its lot: retrieved, returned, or hung up.", ParkEndDetail),
                sentence="place",
                bar=Bar("▒", "P", 5),
            )
        case "conference":
            return Row(
                means="one membership of a room, `detail.room`",
                word="conference",
                service=True,
                talk="room",
                waits=False,
                between=False,
                shortest=_SHORTEST,
                live=Live("conference", 4),
                detail=RoomDetail,
                begins=News("call.joined", "Somebody entered a conference.", RoomDetail),
                ends=News("call.left", "Somebody left a conference.", RoomDetail),
                sentence="place",
                bar=Bar("█", "C", 3),
            )
        case "voicemail":
            return Row(
                means="leaves a message or listens to some",
                word="voicemail",
                service=True,
                talk="no",
                waits=False,
                between=False,
                shortest=_SHORTEST,
                live=Live("voicemail", 7),
                detail=NoDetail,
                begins=News("call.voicemail", "The call reached a voicemail box.", NoDetail),
                ends=None,
                sentence="place",
                bar=Bar("◆", "V", 6),
            )
        case "announcement":
            return Row(
                means="hears a recording",
                word="announcement",
                service=False,
                talk="no",
                waits=True,
                between=False,
                shortest=_SHORTEST_ANNOUNCEMENT,
                live=None,
                detail=FileDetail,
                begins=None,
                ends=None,
                sentence="alone",
                bar=Bar("▫", "A", 8),
            )
        case "monitor":
            return Row(
                means="somebody listens in; `detail.mode`",
                word="monitor",
                service=False,
                talk="no",
                waits=False,
                between=False,
                shortest=_SHORTEST,
                live=None,
                detail=MonitorDetail,
                begins=News("call.monitored", "Somebody listens in on another call.", MonitorDetail),
                ends=None,
                sentence="alone",
                bar=Bar("◇", "M", 12),
            )
        case "record":
            return Row(
                means="the call is recorded; `detail.file`",
                word="record",
                service=False,
                talk="no",
                waits=False,
                between=False,
                shortest=_SHORTEST,
                live=None,
                detail=FileDetail,
                begins=News("call.recording", "A recording began.", FileDetail),
                ends=News("call.recorded", "A recording ended.", FileDetail),
                sentence="alone",
                bar=None,
            )
        case _:
            assert_never(kind)


SEGMENTS: dict[SegmentKind, Row] = {kind: _row(kind) for kind in get_args(SegmentKind)}
"""by kind, in the order of the call document's own list"""


def _those(has: Callable[[Row], bool]) -> frozenset[SegmentKind]:
    return frozenset(kind for kind, row in SEGMENTS.items() if has(row))


SERVICES = _those(lambda row: row.service)
CONNECTS = _those(lambda row: row.talk != "no")
"""who is in one of these has been connected with somebody: the call is answered"""
HEARD = _those(lambda row: row.talk in ("counted", "aside"))
"""the legs of one of these hear each other"""
COUNTED = _those(lambda row: row.talk in ("counted", "room"))
"""in the sums of talk"""
WAITS = _those(lambda row: row.waits)
BETWEEN = _those(lambda row: row.between)
SHORTEST: dict[SegmentKind, int] = {kind: row.shortest for kind, row in SEGMENTS.items()}


def lives() -> list[tuple[SegmentKind, State]]:
    """The state that each kind gives a live call, the one that decides first."""
    ranked = sorted((row.live.rank, kind, row.live.state) for kind, row in SEGMENTS.items() if row.live)
    return [(kind, state) for _, kind, state in ranked]


def drawn() -> list[tuple[SegmentKind, Bar]]:
    """The kinds that a ladder draws, the one that hides the others first."""
    ranked = sorted((row.bar.rank, kind, row.bar) for kind, row in SEGMENTS.items() if row.bar)
    return [(kind, bar) for _, kind, bar in ranked]


_BY_NAME: dict[str, Row] = dict(SEGMENTS.items())


def row_of(kind: str) -> Row | None:
    """The row of a kind that stands in a document from elsewhere, which may come from a newer Harmony."""
    return _BY_NAME.get(kind)
