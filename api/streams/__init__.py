"""Subscriptions to the two logs: one follower of each in a process, and fan-out in memory to however many readers.

A subscription is a position in a log, not a queue: nothing waits anywhere for a reader that is slow. Who is behind what
memory holds reads from the database in a few threads until the head is near. The transports (pull, server-sent events,
WebSocket) stand in `api.http.streams`; they know of cursors, marks and reasons, and of nothing behind them.
"""

from api.streams.pieces import Closed, Mark
from api.streams.reader import Reader
from api.streams.streams import Streams
from api.streams.subscription import Subscription, subscription_of

__all__ = ["Closed", "Mark", "Reader", "Streams", "Subscription", "subscription_of"]
