"""Every metric that Harmony has by name: kind, labels, and what it says. Their page in the reference is made of this.

Names follow Prometheus: units at the end (`_seconds`, `_bytes`, or what is counted), `_total` on what only ever grows.
A counter counts from the start of the process that reports it.
"""

from collections.abc import Iterable
from typing import Literal

import msgspec

Kind = Literal["counter", "gauge"]


class Metric(msgspec.Struct, frozen=True):
    name: str
    kind: Kind
    says: str
    labels: tuple[str, ...] = ()
    figure: str = ""
    """how the part that reports it calls it, where that is all there is to it"""


def _of(prefix: str, labels: tuple[str, ...], *rows: tuple[str, str, str]) -> tuple[Metric, ...]:
    """Metrics that are figures of a part's report: (figure, name, sentence); `_total` in the name makes a counter."""
    return tuple(
        Metric(f"{prefix}_{name}", "counter" if name.endswith("_total") else "gauge", says, labels, figure)
        for figure, name, says in rows
    )


WHOLE = (
    Metric("harmony_database_up", "gauge", "1: the database answers; 0: these are the figures known without it"),
    Metric("harmony_degraded", "gauge", "Problems that readers are told of; 0 is good"),
    Metric("harmony_problem", "gauge", "1 for each kind of problem there is now", ("code",)),
    Metric("harmony_log_position", "gauge", "Last position in the switch log"),
    Metric("harmony_log_oldest_position", "gauge", "First position that is still kept"),
    Metric("harmony_log_newest_age_seconds", "gauge", "Since the newest event was stored"),
    Metric("harmony_calls_live", "gauge", "Calls whose end was not seen"),
    Metric("harmony_parked_events", "gauge", "Events put aside that nobody has decided upon", ("part",)),
    Metric("harmony_commands_total", "counter", "Commands to switches that have their outcome", ("kind", "result")),
    Metric("harmony_service_up", "gauge", "1: this part reports", ("part", "service")),
    Metric("harmony_service_report_age_seconds", "gauge", "Since this part last reported", ("part", "service")),
    Metric("harmony_http_live_subscribers", "gauge", "Subscribers of live calls at the process that answers"),
)

FOLLOWERS = (
    Metric(
        "harmony_follower_trouble", "gauge", "1: this follower is in trouble and tries again", ("service", "follower")
    ),
    Metric(
        "harmony_follower_trouble_start_timestamp_seconds",
        "gauge",
        "When its trouble began; not there while it is well",
        ("service", "follower"),
    ),
    Metric("harmony_follower_failures_total", "counter", "Tries of it that failed", ("service", "follower")),
    Metric(
        "harmony_follower_put_aside_total",
        "counter",
        "Things that it could not digest and put aside",
        ("service", "follower"),
    ),
)
"""every loop that follows something: the registry, wishes, tokens, the planner of webhooks, streams, ..."""

SPOOL = (
    Metric("harmony_spool_bytes", "gauge", "Size of a spool on the machine of the server that answers", ("spool",)),
    Metric("harmony_spool_files", "gauge", "Files that it consists of", ("spool",)),
)
"""from the files themselves, so also while the database is away"""

PROJECTION_PLACE = (
    Metric("harmony_projection_position", "gauge", "How far it has folded the switch log", ("projection",)),
    Metric("harmony_projection_behind_events", "gauge", "Events stored and not folded", ("projection",)),
    Metric("harmony_projection_lag_seconds", "gauge", "Age of the oldest event not folded", ("projection",)),
)
PROJECTION = _of(
    "harmony_projection",
    ("projection",),
    ("events", "events_total", "Positions passed"),
    ("seconds", "busy_seconds_total", "Time that this took"),
    ("parked", "parked_events_total", "Events that it could not use and put aside"),
)

LOSSES = (
    Metric(
        "harmony_loss_intervals", "gauge", "Times in which events were lost, by what the log tells", ("switch", "kind")
    ),
    Metric("harmony_loss_seconds", "gauge", "How long these were together", ("switch",)),
    Metric("harmony_loss_events", "gauge", "Events and begins of legs known to be missing for them", ("switch",)),
    Metric("harmony_loss_newest_start_timestamp_seconds", "gauge", "When the newest of them began", ("switch",)),
    Metric(
        "harmony_loss_newest_end_timestamp_seconds", "gauge", "When it ended; not there while it goes on", ("switch",)
    ),
)
"""over all bridges, and over all their lives: for as long as the log goes back"""

LINK_STATE = (
    Metric("harmony_link_up", "gauge", "1: the bridge has its link to this switch", ("bridge", "switch")),
    Metric("harmony_link_warnings", "gauge", "Settings of the switch that it should change", ("bridge", "switch")),
    Metric("harmony_link_lost_total", "counter", "Times that the link was lost", ("bridge", "switch")),
)
LINK = _of(
    "harmony_link",
    ("bridge", "switch"),
    ("silent", "silent_seconds", "Since anything came from the switch, ticks included"),
    ("events", "events_total", "Events that came from the switch"),
    ("bytes", "bytes_total", "Bytes that came from the switch, ticks included"),
    ("links", "established_total", "Times that the link came up"),
    ("gaps", "gaps_total", "Times that events were proven to be missing while the link stood"),
    ("overflows", "overflows_total", "Times that the switch said its queue for us was full"),
    ("missing", "missing_events_total", "Events that the switch said it dropped"),
    ("malformed", "malformed_messages_total", "Messages of the switch that could not be read"),
    ("forged", "forged_messages_total", "Messages in the switch's name that came over another node's link, dropped"),
    ("pauses", "pauses_total", "Times that reading from the switch was paused"),
    ("legs", "live_legs", "Legs that live on the switch"),
    ("fetches", "fetches_total", "Questions of the switch that were answered from the registry"),
    ("fetches_not_found", "fetches_not_found_total", "Those to which the answer was that it is not known"),
    ("fetch_seconds", "fetches_busy_seconds_total", "Time that the answers took"),
    ("fetch_slowest", "fetches_slowest_seconds", "Time that the slowest answer took"),
)

BRIDGE = _of(
    "harmony_bridge",
    ("bridge",),
    ("received", "received_events_total", "Events that came over the wire, and own ones"),
    ("stored", "stored_events_total", "Events stored in the log"),
    ("duplicates", "duplicate_events_total", "Events that were in the log already"),
    ("parked", "parked_events_total", "Messages that were no events, put aside with the reason"),
    ("dropped", "dropped_events_total", "Events lost at its end, for neither the database nor the disk took them"),
    ("queued", "queued_events", "Events that wait in memory"),
    ("spooled", "spool_events", "Events that wait in the spool file"),
    ("spool_bytes", "spool_bytes", "Size of the spool file"),
    ("spool_damages", "spool_damages_total", "Places of the spool file that could not be read"),
    ("direct", "direct", "1: events go to the database without a stay in the spool"),
    ("blocked", "blocked", "1: the database is away and the spool takes no more; nothing is read from the switches"),
    ("pressure", "pressure", "1: reading from the switches is paused, for the database and the disk are too slow"),
    ("loop_lag_seconds", "loop_lag_seconds", "How late the bridge's event loop was"),
    ("refused", "refused_nodes_total", "Connections to the Erlang node that were not let in, for whatever reason"),
    ("wrong_cookies", "wrong_cookies_total", "Those of them that could not prove the cookie"),
    ("forged", "forged_messages_total", "Messages and signals of nodes in another node's name, dropped"),
    ("registry_current", "registry_current", "1: the registry's source was reached at the last look"),
    ("registry_companies", "registry_companies", "Companies of the registry"),
    ("registry_users", "registry_users", "Users of the registry"),
    ("registry_findings", "registry_findings", "Entries of the registry that cannot be used"),
)

STREAMS = (
    *_of("harmony_stream", ("http", "transport"), ("streams_subscribers", "subscribers", "Readers of events now")),
    *_of(
        "harmony_stream",
        ("http",),
        ("streams_behind", "behind_subscribers", "Readers that are still reading what is old"),
        ("streams_delivered", "delivered_events_total", "Events handed to readers"),
        ("streams_disconnected_slow", "disconnected_slow_total", "Readers that were ended, for they did not keep up"),
    ),
)

WEBHOOKS = _of(
    "harmony_webhook",
    ("deliver",),
    ("delivered", "delivered_total", "Deliveries that were taken"),
    ("failed", "failed_attempts_total", "Attempts that failed"),
    ("pending", "pending_deliveries", "Deliveries that wait for their turn, or to be tried again"),
    ("oldest_pending_seconds", "oldest_pending_seconds", "Age of the oldest of them"),
    ("dead", "dead_deliveries", "Deliveries that were given up"),
    ("endpoints", "endpoints", "Endpoints that there are"),
    ("failing", "failing_endpoints", "Endpoints whose last attempt failed"),
    ("failing_seconds", "failing_seconds", "For how long the one of them has failed that began last"),
    ("disabled", "disabled_endpoints", "Endpoints that get nothing"),
)

BY_PART = {"bridge": BRIDGE, "projection": PROJECTION, "http": STREAMS, "deliver": WEBHOOKS}
"""metrics that are made of what a part of this kind reports"""
ALL: tuple[Metric, ...] = (
    *WHOLE,
    *FOLLOWERS,
    *SPOOL,
    *PROJECTION_PLACE,
    *PROJECTION,
    *LOSSES,
    *LINK_STATE,
    *LINK,
    *BRIDGE,
    *STREAMS,
    *WEBHOOKS,
)

LEFT_OUT: dict[str, frozenset[str]] = {
    "bridge": frozenset({"missing", "events_per_second", "registry"}),
    "projection": frozenset({"position", "head", "events_per_second"}),
    "http": frozenset({"subscribers"}),
}
"""figures that are told otherwise: a sum of what each link says, a rate that Prometheus makes itself"""


def reference() -> Iterable[tuple[str, str, str, str]]:
    """Rows for the reference page: name, kind, labels, sentence."""
    return ((one.name, one.kind, ", ".join(one.labels), one.says) for one in ALL)
