"""How events come: server-sent events, a WebSocket, webhooks; and every message on them, as AsyncAPI 3.1."""

from api.http.asyncapi.document import document

__all__ = ["document"]
