"""The ways into the logs over HTTP: /v1/events to pull, /v1/stream for server-sent events, /v1/ws for a WebSocket.

They take the same parameters and give out the same cursors and events; what a subscription is stands in `api.streams`.
"""

from api.http.streams.pull import events
from api.http.streams.sse import stream
from api.http.streams.websocket import websocket

__all__ = ["events", "stream", "websocket"]
