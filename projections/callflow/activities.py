"""What goes on in a call at one instant, read from its state: who can hear whom, who waits, who is served by what.

Rules of truth (docs/explanation/what-one-call-is.md): talk is bridged, both answered, nobody holding; bridges nest
(attended transfer by feature code), only the newest of a leg carries sound; loopback legs are wire.
"""

from collections.abc import Iterable

from projections.callflow.course import App, Course, Edge
from projections.callflow.document import SegmentKind

# An activity: what is going on, between which legs, by whom, and a word that tells it apart (room, lot, file).
Activity = tuple[SegmentKind, tuple[str, ...], str, str]

_IVR = frozenset({"ivr", "play_and_get_digits", "read"})
_ANNOUNCE = frozenset({"playback", "phrase", "say", "speak", "gentones"})


def _edges(course: Course) -> tuple[list[Edge], list[tuple[str, str]]]:
    """Edges that carry sound, and pairs (who is away, who waits at the other end)."""
    top: dict[str, Edge] = {}
    for edge in course.bridges:
        for leg in edge:
            top[leg] = edge
    sound: list[Edge] = []
    waiting: list[tuple[str, str]] = []
    for edge in course.bridges:
        a, b = edge
        if a in course.ended or b in course.ended:
            continue
        away = [leg for leg in edge if top[leg] is not edge or leg in course.holding or course.is_away(leg, edge)]
        if not away:
            sound.append(edge)
        waiting += [(leg, b if leg == a else a) for leg in away if top[b if leg == a else a] is edge]
    sound.extend(pair for pair in course.pairs if course.alive.issuperset(pair))
    sound.extend(
        (me, app.arguments.strip())
        for me, stack in course.apps.items()
        for app in stack
        if app.name == "three_way" and app.arguments.strip() in course.alive
    )
    return sound, waiting


def _component(edges: list[Edge], start: str) -> set[str]:
    found = {start}
    grew = True
    while grew:
        grew = False
        for a, b in edges:
            if (a in found) != (b in found):
                found |= {a, b}
                grew = True
    return found


def _people(course: Course, component: Iterable[str]) -> tuple[str, ...]:
    people = [leg for leg in component if leg in course.rank and not course.legs[leg].hidden]
    return tuple(sorted(people, key=course.rank.__getitem__))


def activities(course: Course) -> list[Activity]:
    """All that is going on now."""
    result: list[Activity] = []
    edges, waiting = _edges(course)
    held_by: dict[str, set[str]] = {}
    bridged: set[str] = set()
    for away, waits in waiting:
        people = _people(course, _component(edges, waits))
        by = _person(course, edges, away)
        bridged |= {away, waits}
        if people:
            result.append(("hold", people, by, ""))
            held_by.setdefault(by, set()).update(people)
    done: set[str] = set()
    for edge in edges:
        if edge[0] in done:
            continue
        component = _component(edges, edge[0])
        done |= component
        people = _people(course, component)
        bridged |= component
        if len(people) < 2:
            continue
        answered = tuple(leg for leg in people if leg in course.answered)
        if len(answered) < 2:
            if any(leg in course.early or leg in course.answered for leg in people):
                result.append(("early_media", people, "", ""))
            continue
        parties = {course.legs[leg].party for leg in answered}
        course.met.update(answered)
        # Who talked before the consultation goes on talking when taken back.
        known = frozenset(answered) in course.talked
        consults = not known and any(by in parties and not held & component for by, held in held_by.items())
        if not consults:
            course.talked.add(frozenset(answered))
        result.append(("consult" if consults else "talk", answered, "", ""))
    result += _alone(course, edges, bridged)
    return result


def _person(course: Course, edges: list[Edge], leg: str) -> str:
    """The party behind a leg: its own, or through loopback wire that of the phone at the other end."""
    known = course.legs.get(leg)
    if known is None or not known.hidden:
        return known.party if known else ""
    people = _people(course, _component(edges, leg))
    if not people and known.far:  # a hold that goes over a hop: who pressed it is heard by neither end
        people = _people(course, _component([*course.bridges, *course.pairs], known.far))
    return course.legs[people[0]].party if people else ""


def _alone(course: Course, edges: list[Edge], bridged: set[str]) -> list[Activity]:
    """What somebody is served with, or waits for; where he came over a hop, the other switch tells it of its end."""
    hops = {me: _people(course, _component(edges, me)) for me in course.hops}
    connected = {leg for edge in course.bridges for leg in edge}
    bridged = {leg for leg in bridged if leg not in hops or leg in connected}
    return [
        (kind, (hops[me][0] if hops.get(me) else me,), by, what)
        for kind, (me,), by, what in _of_legs(course, bridged)
        if me not in hops or hops[me]
    ]


def _of_legs(course: Course, bridged: set[str]) -> list[tuple[SegmentKind, tuple[str], str, str]]:
    result: list[tuple[SegmentKind, tuple[str], str, str]] = []
    for me in course.ringing:
        leg = course.legs[me]
        if me not in course.answered and not leg.hidden and leg is not course.root:
            result.append(("ring", (me,), "", ""))
    for me, room in course.rooms.items():
        result.append(("conference", (me,), "", room))
    for me, lot in course.lots.items():
        result.append(("park", (me,), "", lot))
    for me, queue in course.queues.items():
        result.append(("queue", (me,), "", queue))
    for me, stack in course.apps.items():
        result += _service(course, me, stack, bridged)
    for me, file in course.records:
        if not any(app.name == "voicemail" for app in course.apps.get(me, ())):
            result.append(("record", (me,), "", file))
    return result


def _service(
    course: Course, me: str, stack: list[App], bridged: set[str]
) -> list[tuple[SegmentKind, tuple[str], str, str]]:
    leg = course.legs[me]
    if leg.looped:
        return []
    for app in stack:
        if app.name == "voicemail":
            return [("voicemail", (me,), "", app.arguments)]
        if app.name == "park" and me not in bridged:
            return [("park", (me,), "", "")]
        if app.name == "eavesdrop":
            return [("monitor", (me,), "", f"{app.mode or 'listen'} {app.arguments.strip()}")]
        if leg.parent is not None and leg.direction == "outbound" and me not in course.met:
            continue  # a phone that is asked for its confirmation key is still being offered the call
        if app.name in _IVR and me not in bridged:
            return [("ivr", (me,), "", app.arguments if app.name == "ivr" else app.destination)]
        if app.name in _ANNOUNCE and not (me in bridged or me in course.queues or me in course.lots):
            return [("announcement", (me,), "", app.arguments)]
    return []
