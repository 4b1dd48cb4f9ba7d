"""One leg of a call, as a value that is filled while the call is interpreted."""

from projections.callflow.document import Quality


class Leg:
    """One channel while a call is interpreted. Times are microseconds since 1970, 0 where unknown."""

    __slots__ = (
        "agent",
        "answered_at",
        "begin_seen",
        "bowout",
        "caller_name",
        "cause",
        "closed",
        "company",
        "context",
        "created_at",
        "cut_at",
        "destination",
        "destinations",
        "direction",
        "disposition",
        "domain",
        "elsewhere",
        "end_bound",
        "end_quality",
        "ended_at",
        "ended_seq",
        "far",
        "first_order",
        "history",
        "hop",
        "last_seen",
        "leg_id",
        "loopback",
        "name",
        "number",
        "originate",
        "outsider",
        "parent",
        "party",
        "rang",
        "redirect",
        "redirected_at",
        "redirected_from",
        "redirected_to",
        "refer",
        "requested",
        "runs",
        "silent",
        "sip_call_id",
        "status",
        "switch",
        "transfer_to",
        "user",
    )

    def __init__(self, leg_id: str) -> None:
        self.leg_id = leg_id
        self.party = ""
        self.user: str | None = None
        self.outsider = True
        self.name = self.number = self.caller_name = self.direction = ""
        self.destination = self.context = self.domain = self.company = self.requested = ""
        self.destinations: list[str] = []
        self.parent: str | None = None
        self.hop = ""
        self.far: str | None = None
        """the leg at the other end of a hop between two switches"""
        self.loopback: str | None = None
        self.bowout: str | None = None
        self.created_at = self.answered_at = self.ended_at = self.last_seen = 0
        self.end_bound = self.ended_seq = 0
        self.end_quality: Quality = "observed"
        self.cut_at: list[int] = []
        self.begin_seen = self.closed = self.rang = self.silent = False
        self.first_order: tuple[int, int, int] = (1 << 62, 0, 0)
        self.runs: dict[int, tuple[int, int]] = {}
        self.cause = self.disposition = self.originate = self.status = ""
        self.refer = self.transfer_to = self.redirect = self.agent = self.elsewhere = ""
        self.redirected_to = self.redirected_from = ""
        """The party whose phone redirected, where the switch followed within this leg, and to whom."""
        self.redirected_at = 0
        self.history: list[str] = []
        self.switch = ""
        self.sip_call_id = ""

    @property
    def hidden(self) -> bool:
        """A channel that no phone belongs to: one half of a loopback pair, one end of a hop between two switches."""
        return self.far is not None or self.looped

    @property
    def looped(self) -> bool:
        """One half of a loopback pair."""
        return self.name.startswith("loopback/")

    @property
    def real(self) -> bool:
        """Stands for somebody: not hidden, and more is known of it than its id."""
        return self.last_seen > 0 and not self.hidden
