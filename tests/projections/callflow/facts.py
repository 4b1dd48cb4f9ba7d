"""A few facts by hand, for rules that are told best by what they say and not by a recording."""

from typing import Any

from projections.callflow.document import Call
from projections.callflow.fact import Fact, Kind, Tie
from projections.callflow.interpret import interpret

BEGIN = 1_795_435_200_000_000
DOMAIN = "alpha.example"


class Story:
    """What one switch told of one call, at so many seconds; facts of one instant follow each other by sequence."""

    def __init__(self) -> None:
        self.facts: list[Fact] = []

    def tell(self, at: float, kind: Kind, leg: str, *ties: tuple[str, str], **data: str) -> "Story":
        """One fact. A tie is another leg and why it belongs here."""
        number = len(self.facts) + 1
        self.facts.append(
            Fact(
                at=BEGIN + int(at * 1_000_000),
                run=1,
                seq=number,
                kind=kind,
                leg=leg,
                position=number,
                switch="freeswitch@pbx1",
                data=data,
                ties=tuple(Tie(*tie) for tie in ties),
            )
        )
        return self

    def again(self, other: "Story") -> "Story":
        """What another story told: this one can go on without that one."""
        self.facts += other.facts
        return self

    def user(self, at: float, leg: str, user: str, dialled: str) -> "Story":
        """A user of ours takes his phone up and dials."""
        return self.tell(
            at, "create", leg, direction="inbound", user=user, number=user, destination=dialled, domain=DOMAIN
        )

    def outsider(self, at: float, leg: str, number: str, dialled: str) -> "Story":
        """Somebody calls from outside."""
        return self.tell(at, "create", leg, direction="inbound", number=number, destination=dialled, domain=DOMAIN)

    def rings(self, at: float, leg: str, user: str, caller: str, **data: str) -> "Story":
        """A user's phone rings for a leg."""
        made = {"direction": "outbound", "dialed_user": user, "dialed_domain": DOMAIN, "destination": user}
        self.tell(at, "create", leg, (caller, "originator"), **made)
        return self.tell(at, "progress", leg, **data)

    def answers(self, at: float, *legs: str, **data: str) -> "Story":
        """Phones are lifted."""
        for leg in legs:
            self.tell(at, "answer", leg, **data)
        return self

    def bridged(self, at: float, a: str, b: str) -> "Story":
        """The switch connects two legs."""
        return self.tell(at, "bridge", a, (b, "bridge"), a=a, b=b)

    def executes(
        self, at: float, leg: str, app: str, arguments: str = "", destination: str = "", **data: str
    ) -> "Story":
        """The dialplan does something with a leg."""
        return self.tell(at, "execute", leg, app=app, arguments=arguments, destination=destination, **data)

    def ends(
        self, at: float, leg: str, disposition: str = "send_bye", cause: str = "NORMAL_CLEARING", **data: str
    ) -> "Story":
        """A leg hangs up, or is hung up."""
        self.tell(at, "hangup", leg, cause=cause)
        ties = [(data["refer"], "refer_uuid")] if "refer" in data else []
        return self.tell(at, "complete", leg, *ties, cause=cause, disposition=disposition, **data)

    def call(self) -> Call:
        """What it amounts to."""
        return interpret(sorted(self.facts, key=lambda fact: fact.order))


def talk() -> Story:
    """1001 (leg a) calls 1002 (leg b), who lifts after a second."""
    return Story().user(0, "a", "1001", "1002").rings(0.1, "b", "1002", "a").answers(1, "b", "a").bridged(1, "a", "b")


def transfers(call: Call) -> list[tuple[Any, ...]]:
    """Kind, by, to and result of each."""
    return [(one.kind, one.by, one.to, one.result) for one in call.transfers]


def offers(call: Call) -> list[tuple[str, str | None]]:
    """To whom, and what came of it."""
    return [(one.to, one.outcome) for one in call.offers]


def spans(call: Call, kind: str) -> list[tuple[tuple[str, ...], float | None]]:
    """Who and how many seconds, for each segment of a kind."""
    return [(tuple(one.parties), one.seconds) for one in call.segments if one.kind == kind]
