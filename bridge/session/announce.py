"""The own events of a session, each with the headers that say what it is about.

All carry ``Harmony-Switch``, ``Harmony-Node`` (the bridge that tells it: of two each has an account of its own), and
``Harmony-Core-UUID`` when the core is known; times are µs since the epoch.
"""

from __future__ import annotations

from collections.abc import Callable

from bridge.session.channels import Channel
from bridge.session.losses import Gap
from bridge.session.reconciliation import Reconciled
from bridge.session.watch import Overflow
from core import own_event as own


class Announcer:
    """Makes a session's own events and hands them on."""

    def __init__(self, switch: str, node: str, source: own.OwnEvents, emit: Callable[[bytes], None]) -> None:
        self._switch, self._node, self._source, self._emit = switch, node, source, emit

    def link_up(
        self, core: str | None, old: str | None, since: int | None, until: int, missed: int | None, encoding: str | None
    ) -> None:
        """Subscribed. ``since`` to ``until`` is the time of which nothing is known (no since: ever before)."""
        headers: dict[str, str | int] = {"Harmony_Until": until}
        if since is not None:
            headers["Harmony_Since"] = since
        if old is not None and old != core:
            headers["Harmony_Old_Core_UUID"] = old
        if missed is not None:
            headers["Harmony_Missed_Sessions"] = missed
        if encoding is not None:
            headers["Harmony_Encoding"] = encoding
        self._make(own.LINK_UP, core, **headers)

    def link_down(self, core: str | None, since: int | None, until: int, reason: str) -> None:
        """The link is lost: nothing was heard from ``since`` on, and it was noticed at ``until``."""
        self._make(
            own.LINK_DOWN,
            core,
            Harmony_Since=until if since is None else since,
            Harmony_Until=until,
            Harmony_Reason=reason,
        )

    def gap(self, core: str | None, gap: Gap) -> None:
        """Events are proven to be missing while the link stood."""
        headers: dict[str, str | int] = {"Harmony_Evidence": gap.evidence, "Harmony_Missing": gap.missing}
        if gap.sessions:
            headers["Harmony_Sessions"] = ",".join(map(str, gap.sessions))
        self._make(own.GAP, core, Harmony_Since=gap.since, Harmony_Until=gap.until, **headers)

    def overflow(self, core: str | None, overflow: Overflow) -> None:
        """The switch's queue for us was full."""
        since, until = overflow.since, overflow.until
        self._make(own.OVERFLOW, core, Harmony_Since=since, Harmony_Until=until, Harmony_Missing=overflow.missing)

    def alive(self, core: str | None, channel: Channel) -> None:
        """The switch has this channel now."""
        row = {
            "Channel_Created_Epoch": channel.created_epoch,
            "Channel_State": channel.state,
            "Channel_Call_State": channel.callstate,
            "Channel_Name": channel.name,
            "Call_Direction": channel.direction,
            "Caller_Caller_ID_Name": channel.cid_name,
            "Caller_Caller_ID_Number": channel.cid_num,
            "Caller_Destination_Number": channel.dest,
            "Caller_Context": channel.context,
        }
        self._make(
            own.CHANNEL_ALIVE, core, Unique_ID=channel.uuid, **{name: value for name, value in row.items() if value}
        )

    def gone(self, core: str | None, leg: str) -> None:
        """The switch does not know this leg any more, and its end was not seen."""
        self._make(own.CHANNEL_GONE, core, Unique_ID=leg)

    def reconciled(self, core: str | None, cause: str, found: Reconciled) -> None:
        """Our account was held against the switch's; cause: link (after every link-up) or doubt."""
        self._make(
            own.RECONCILED,
            core,
            Harmony_Cause=cause,
            Harmony_Channels=len(found.alive),
            Harmony_Unseen=len(found.unseen),
            Harmony_Gone=len(found.gone),
            Harmony_Ghosts=found.ghosts,
            Harmony_Certain="true" if found.certain else "false",
        )

    def _make(self, name: str, core: str | None, **headers: str | int) -> None:
        if core:
            headers["Harmony_Core_UUID"] = core
        about = {"Harmony_Switch": self._switch, "Harmony_Node": self._node}
        self._emit(self._source.make(name, None, **about, **headers))
