"""The call fold: from switch events, one after the other, to the calls that changed.

For each event there are two questions, and they are kept apart.

*Which call is the event part of?* `reading` turns an event into facts. A fact is about one leg; its ties name other
legs that belong to the same call, and the field that proves it. Legs and ties are a graph, and a call is one connected
part of that graph: a `Group` of facts. So an event does one of three things to the groups in memory:

    none of its legs is known          a new group begins
    its legs are all of one group      the fact joins that group
    its legs are of several groups     those groups become one, under the id of the earliest (`_merge`)

A group never loses a fact and is never split. Hence one more thing comes between: where a leg is one end of a hop
between two switches, and the other end is there, the two groups become one only if they are no two companies' calls
(`_weigh`). Until that can be said they wait, and stay in memory.

*What do the facts of a call amount to?* `interpret` makes the document from all facts of a group, sorted by the clock
and the counter of the switch. It keeps nothing from one time to the next.

These two decisions carry the promise "same log, same answer". A group is a set: it does not matter in which order its
facts came, how often one came, where a page ended, or how often the process was restarted. A fact that comes late needs
no rule of its own: the group is interpreted again, and `milestones` publishes what is new or has to be corrected.

**Facts without an event.** Some things are only known because something did *not* happen. The fold adds facts for them:

    closed   a leg hung up, `COMPLETE_AFTER` passed, and its HANGUP_COMPLETE did not come
    lost     the switch speaks from a new core: the legs of its old core are gone
    gap      nobody listened to the switch for a time
    gone     the switch counts no session, so that no leg can be alive there
    apart    the other end of a hop is a call of its own, of another company (`related`)
    alike    another call is probably of the same conversation (`related`)

They are stored with the others, so that a restart finds them again and does not have to draw the same conclusion twice.

**Time.** The fold has no clock. Its time is that of the events: `_now` holds the latest time of each switch. An event
of one switch therefore closes nothing on another, whose events may still be on the way.

**Memory.** A group stays in memory while one of its legs lives, and `_LINGER` longer, for its last events. Then only
its stored state is left. When a later event names one of its legs, `missing_legs` says so, the runner loads the state,
and `restore` puts the group back as it was.

**Cost.** Interpreting costs as much as the call has facts. A short call is interpreted at each change. A long one
stores its facts at once, of which only the last are written again (`at_rest`), but is interpreted at a pace and in
slices (`pacing`), so that what one event costs stays bounded whatever its call has lived through.
"""

from collections.abc import Iterator, Sequence

from msgspec import structs

from core.event import SwitchEvent
from projections.callflow import own_switches
from projections.callflow.account import Account, account_of
from projections.callflow.changes import CallEvent, CallState, Changes, Merged
from projections.callflow.companies import one_call
from projections.callflow.document import Call
from projections.callflow.fact import OWN, Fact, Kind, Reading
from projections.callflow.group import COMPLETE_AFTER, UNKNOWN_RUN, Group, restored
from projections.callflow.hearing import CALL_ID, Hearing
from projections.callflow.hops import CALLED, named, other_end
from projections.callflow.memory import Memory
from projections.callflow.own_switches import OwnSwitches
from projections.callflow.pacing import Pace, Pacing
from projections.callflow.reading import SWITCH_TOPICS, TOPICS, read
from projections.callflow.related import alike, apart, other_sides
from projections.callflow.slices import whole

# Finished calls stay at hand this long by the switches' clocks (microseconds): their last events trickle in.
_LINGER = 5_000_000


class CallFold:
    """Applies switch events; hands out what changed. One instance folds one log."""

    TOPICS = TOPICS

    def __init__(self) -> None:
        self._memory = Memory()
        self._pacing = Pacing()
        self._hearing = Hearing()
        self._ours = OwnSwitches()
        self._parts: dict[int, _Part] = {}
        """By call in memory: what is to be handed out of it at the next take."""
        self._now: dict[str, int] = {}
        self._applied = 0
        """Events since the last take."""

    @property
    def alive(self) -> int:
        """How many calls are in memory."""
        return len(self._memory)

    @property
    def behind(self) -> bool:
        """Whether the documents of some calls are behind their facts."""
        return any(not self._pacing.stuck(group) for group in self._memory.dirty.values())

    # Before a page: the runner reads its events, and restores the calls that they name.

    def read(self, event: SwitchEvent) -> Reading:
        """The facts of one event: pure. May raise for an event that is malformed."""
        facts = read(event)
        return Reading(event, [leg for fact in facts for leg in (*_legs(fact), *_elsewhere(fact))], facts)

    def missing_legs(self, readings: Sequence[Reading]) -> list[str]:
        """Ids of legs that these events name and that are not in memory.

        Ask again when calls were restored: they may wait for others, which must be there, too.
        """
        ids = dict.fromkeys(leg for reading in readings for leg in reading.legs)
        ours = self._ours
        for reading in readings:
            ours = ours.after(reading.event)
            for fact in reading.facts:
                ids |= dict.fromkeys(map(other_end, _by_name(fact, reading.event, ours).hops))
        ids |= dict.fromkeys(leg for group in self._memory.waiting.values() for leg in group.waits)
        return [leg for leg in ids if leg not in self._memory]

    def restore(self, *state: bytes) -> None:
        """Take a call's stored state back into memory, its parts in order; one that is there already stays as it is."""
        if self._hearing.restore(state[-1]) or self._ours.restore(state[-1]):
            return
        group = restored(*state)
        if not self._memory.of_legs(group.legs):
            self._memory.keep(group, group.legs)

    # One event.

    def apply(self, reading: Reading) -> None:
        """Take one event in."""
        event = reading.event
        self._applied += 1
        if not event.topic.startswith(OWN):
            self._pass_time(event.switch, event.occurred_at)
            self._lose_other_runs(event)
        if event.topic in SWITCH_TOPICS:
            self._switch_event(event)
        for fact in reading.facts:
            self._take(_by_name(fact, event, self._ours))
        for group in list(self._memory.waiting.values()):
            self._weigh(group)

    def _take(self, fact: Fact) -> None:
        legs = _legs(fact)
        groups = self._memory.of_legs(legs)
        if not groups and fact.kind == "command":
            # Anything can stand in a command's arguments; only a leg that is known makes it count.
            return
        group = groups[0] if len(groups) == 1 else self._merge(groups) if groups else Group()
        if not group.add(fact):
            return
        self._memory.keep(group, legs)
        for key in map(other_end, fact.hops):
            for other in self._others(group, [key]):
                self._wait(group, key)
                self._wait(other, other_end(key))
        if "like" in fact.data:
            self._compare(group, fact)

    def _others(self, group: Group, keys: Sequence[str]) -> list[Group]:
        """The calls but this one that are found by these; by the end of a hop one at most."""
        return [other for other in self._memory.of_legs(keys) if other is not group]

    def _wait(self, group: Group, key: str, over: bool = False) -> None:
        """A call waits for what is to be said of it and of another, found by this; or waits no longer."""
        if over:
            group.waits.pop(key, None)
        else:
            group.waits[key] = 0
        self._part(group)
        self._memory.keep(group, ())

    def _weigh(self, group: Group) -> None:
        """Say whether a call is one with those that it called over hops, if there is anything new to say.

        It is asked of the side that called. An end that is not there is in this call by now, by other evidence.
        """
        for key in [key for key in group.waits if key.startswith(CALLED)]:
            other = next(iter(self._others(group, [key])), None)
            verdict: bool | None = True
            if other is not None:
                known = len(group.facts) + len(other.facts)
                if group.waits[key] == known:
                    continue
                group.waits[key] = known
                verdict = one_call(group, other)
                if verdict is None:
                    continue
                if verdict:
                    group = self._merge([group, other])
                else:
                    self._link(apart(key, _of_hop(key, group)), group)
                    self._link(apart(key, _of_hop(key, other)), other)
                    self._wait(other, other_end(key), over=True)
            self._wait(group, key, over=True)
            if verdict:
                self._wait(group, other_end(key), over=True)

    def _compare(self, group: Group, fact: Fact) -> None:
        """Link a leg that was just made with those that look like its other side."""
        for other in self._others(group, other_sides(fact.data["like"])):
            found = alike(fact, [one for one in other.facts if one.kind == "create"])
            self._link([one for one in found if one.leg in group.legs], group)
            self._link([one for one in found if one.leg in other.legs], other)

    def _link(self, links: Sequence[Fact], group: Group) -> None:
        if [True for one in links if group.add(one)]:
            self._memory.keep(group, ())

    def _merge(self, groups: list[Group]) -> Group:
        """Calls that turn out to be one: each is handed out as it stood before, then the later ones join the first."""
        groups.sort(key=lambda group: (group.facts[0].order, group.call_id))
        first, *rest = groups
        if first.long:
            self._pacing.drop(first)
        else:
            self._interpret(first)
        part = self._part(first)
        for other in rest:
            self._interpret(other)
            gone = self._part(other)
            del self._parts[id(other)]
            part.events += gone.events
            part.gone |= gone.gone | {other.call_id: other.facts[-1].position}
            if other.long:
                first.interpreted_at = 0
            self._memory.forget(other)
            first.join(other)
        self._memory.keep(first, first.legs)
        return first

    # Time and loss, by the switches' own clocks.

    def _pass_time(self, switch: str, at: int) -> None:
        """Close what hung up so long ago that nothing more will come of it."""
        self._now[switch] = max(at, self._now.get(switch, 0))
        for group in list(self._memory.hung.values()):
            due = at - COMPLETE_AFTER
            silent = [hangup for hangup in group.hung.values() if hangup.at <= due and hangup.switch == switch]
            for hangup in silent:
                end = hangup.at + COMPLETE_AFTER
                group.add(Fact(end, hangup.run, 0, "closed", hangup.leg, hangup.position, switch, {}))
                group.hung.pop(hangup.leg, None)
            if silent:
                self._memory.keep(group, ())

    def _lose_other_runs(self, event: SwitchEvent) -> None:
        """A switch that speaks from a new core has lost all that its old core held."""
        switch, run = event.switch, event.run
        for old in self._memory.runs(switch):
            if old not in (run, UNKNOWN_RUN):
                for group in self._memory.living(switch, old):
                    lost = [
                        leg
                        for leg, place in group.open_legs.items()
                        if (place.switch, place.run) == (switch, old) and place.heard_at < event.occurred_at
                    ]
                    self._add(group, event, "lost", lost, {})

    def _add(self, group: Group, event: SwitchEvent, kind: Kind, legs: Sequence[str], data: dict[str, str]) -> None:
        """What an event about a switch says about legs that live there."""
        for leg in legs:
            switch = group.open_legs[leg].switch
            group.add(Fact(event.occurred_at, event.run, event.sequence, kind, leg, event.position, switch, data))
        if legs:
            self._memory.keep(group, ())

    def _switch_event(self, event: SwitchEvent) -> None:
        if event.topic == own_switches.TOPIC:
            self._ours.take(event)
            return
        if event.topic == "HEARTBEAT":
            if event.get("Session-Count") == "0":
                self._nobody_left(event)
            return
        switch = event.get("Harmony-Switch") or event.switch
        # Of several times in which nobody heard it, the last is the one that this event is about.
        for since, until in self._hearing.take(event, switch)[-1:]:
            data = {"since": str(since)} | ({} if until is None else {"until": str(until)})
            for group in self._memory.living(switch):
                legs = [
                    leg
                    for leg, place in group.open_legs.items()
                    if place.switch == switch and place.heard_at <= event.occurred_at
                ]
                self._add(group, event, "gap", legs, data)

    def _nobody_left(self, event: SwitchEvent) -> None:
        """A switch that counts no session holds no leg: those that still seem to live there are gone."""
        for group in self._memory.living(event.switch):
            for leg, place in list(group.open_legs.items()):
                silent = place.heard_at < event.occurred_at - COMPLETE_AFTER
                if place.switch == event.switch and place.run in (event.run, UNKNOWN_RUN) and silent:
                    self._add(group, event, "gone", [leg], {"since": str(place.heard_at)})

    # What changed.

    def take_changes(self, pace: Pace = "due") -> Changes:
        """What changed since the last take, calls in the order in which they came up."""
        now = max(self._now.values(), default=0)
        for group in list(self._memory.dirty.values()):
            if group.long:
                self._pacing.plan(group, now, pace)
            else:
                self._interpret(group)
        failed = []
        for group, account in self._pacing.work(self._applied, pace):
            if isinstance(account, Exception):
                failed.append((group.call_id, account))
            else:
                self._hand_out(group, account)
        for group in self._memory.dirty.values():
            if not group.stored:
                self._part(group)
        parts, self._parts, self._applied = self._parts, {}, 0
        changes = Changes(
            calls=[part.state() for part in parts.values()] + self._heard(),
            merged=[merged for part in parts.values() for merged in part.merged()],
            revived=[part.group.call_id for part in parts.values() if part.revived],
            failed=failed,
        )
        for group in [group for group in self._memory.ended.values() if group.last_at + _LINGER <= now]:
            self._pacing.drop(group)
            self._memory.forget(group)
        return changes

    def _heard(self) -> list[CallState]:
        """What is known of who hears the switches, and of which are our own, if that has changed."""
        found = []
        for call_id, known in ((CALL_ID, self._hearing), (own_switches.CALL_ID, self._ours)):
            if known.changed:
                known.changed = False
                found.append(
                    CallState(
                        call_id=call_id,
                        document=None,
                        state=known.rest(),
                        legs=[],
                        live=True,
                        events=[],
                        shown=False,
                    )
                )
        return found

    def _interpret(self, group: Group) -> None:
        """Tell a call as it stands."""
        self._pacing.drop(group)
        if group.dirty:
            self._hand_out(group, whole(account_of(group)))

    def _hand_out(self, group: Group, account: Account) -> None:
        """Hand the account of a call out at the next take."""
        call, part = account.call, self._part(group)
        if group.call_id not in ("", call.call_id):
            part.gone[group.call_id] = call.last_position
            part.revived = call.call_id in group.was
        part.call, part.rendered, part.shown = call, account.rendered, account.shown
        part.events += account.events
        group.call_id, group.interpreted_at = call.call_id, account.at
        group.publish(account.published)
        if account.shown:
            group.was.add(call.call_id)
        group.ended = call.state == "complete"
        group.dirty = account.facts < len(group.facts)
        self._memory.keep(group, ())

    def _part(self, group: Group) -> "_Part":
        return self._parts.setdefault(id(group), _Part(group))


class _Part:
    """What is handed out of one call at the next take."""

    def __init__(self, group: Group) -> None:
        self.group = group
        self.call: Call | None = None
        """its document; None: that is as it was, only the facts are stored"""
        self.rendered: bytes | None = None
        self.shown = True
        self.events: list[CallEvent] = []
        self.gone: dict[str, int] = {}
        """ids that lead to this call from now on, and the position since when"""
        self.revived = False

    def state(self) -> CallState:
        group = self.group
        group.stored = True
        rest = group.rest()
        return CallState(
            call_id=group.call_id,
            document=self.call,
            rendered=self.rendered,
            state=rest.head,
            parts=rest.parts,
            first_part=rest.first,
            renewed=rest.renewed,
            legs=group.ids(),
            live=group.dirty or not group.ended,
            events=self.events,
            shown=self.shown,
        )

    def merged(self) -> list[Merged]:
        """An id can have been left and taken up again within one take."""
        call_id = self.group.call_id
        return [
            Merged(alias=alias, call_id=call_id, position=at) for alias, at in self.gone.items() if alias != call_id
        ]


def _legs(fact: Fact) -> list[str]:
    return [fact.leg, *(tie.leg for tie in fact.ties)]


def _elsewhere(fact: Fact) -> list[str]:
    """By what legs are found that a fact may be linked with without naming them; their calls may be known or not."""
    like = fact.data.get("like")
    return [*map(other_end, fact.hops), *(other_sides(like) if like else ())]


def _of_hop(key: str, group: Group) -> Iterator[Fact]:
    """The facts of a call that tell of one end of a hop; `key` is that of either end."""
    ends = {key, other_end(key)}
    return (fact for fact in group.facts if not ends.isdisjoint(fact.hops))


def _by_name(fact: Fact, event: SwitchEvent, ours: OwnSwitches) -> Fact:
    """The fact with what its leg is found by where the registry says which switch is at the other end."""
    name = named(event.get, event.switch, ours) if ours and fact.hops else ""
    if not name:
        return fact
    return structs.replace(fact, data={**fact.data, "hop": " ".join([*fact.hops, name])})
