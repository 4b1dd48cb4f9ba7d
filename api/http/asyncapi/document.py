"""The AsyncAPI document: where messages come from, and which; `messages` says what they are."""

from collections.abc import Mapping
from typing import Any

import msgspec

from api.hooks.post import CONTENT_TYPE
from api.http.asyncapi import messages
from api.http.openapi.parts import TEXT, Schema
from api.streams.subscription import BATCH, PARAMETERS, Parameter
from core.settings import Settings

HERE = "#/components/messages/"
WEBHOOK_HEADERS: Schema = {
    "type": "object",
    "required": ["webhook-id", "webhook-timestamp", "webhook-signature"],
    "properties": {
        "webhook-id": TEXT | {"description": "The same at every attempt: what was seen before can be passed over"},
        "webhook-timestamp": TEXT | {"description": "Seconds since 1970 of this attempt"},
        "webhook-signature": TEXT | {"description": "v1, and base64 of HMAC-SHA256 over id.timestamp.body; several"},
        "content-type": {"const": CONTENT_TYPE},
    },
}


def document() -> dict[str, Any]:
    events, raw, marks, live = messages.events(), messages.raw(), messages.marks(), messages.live()
    headers = {"headers": {"$ref": "#/components/schemas/WebhookHeaders"}}
    delivered = {f"webhook.{name}": message | headers for name, message in events.items()}
    delivered |= {name: message | headers for name, message in messages.test().items()}
    streamed = events | raw | marks
    return {
        "asyncapi": "3.1.0",
        "info": {
            "title": "Harmony",
            "version": "1",
            "description": "What is sent unasked: what happens to calls, queues, phones, switches and commands. "
            "Events come once or more; their id tells one from another, and their cursor is where to go on from.",
        },
        "defaultContentType": "application/json",
        "servers": _servers(),
        "channels": {
            "stream": _channel("/v1/stream", "Server-sent events of a log", "http", streamed),
            "socket": _channel("/v1/ws", "A WebSocket with the events of a log", "ws", streamed)
            | {"bindings": {"ws": {"method": "GET", "query": _query((*_STREAMED, BATCH)), "bindingVersion": "0.1.0"}}},
            "live": _channel("/v1/live/stream", "The live calls: how they are, and what changes", "http", live),
            "webhook": {
                "address": None,
                "title": "A webhook",
                "description": "Posted to the URL of each webhook (/v1/webhooks), after https://www.standardwebhooks.com",
                "messages": _references(delivered),
            },
        },
        "operations": {
            "stream": _sends("stream", streamed) | _asked_by_get(_query(_STREAMED)),
            "socket": _sends("socket", streamed),
            "live": _sends("live", live) | _asked_by_get(None),
            "webhook": _sends("webhook", delivered)
            | {"bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}}, "security": []},
        },
        "components": {
            "schemas": messages.schemas() | {"WebhookHeaders": WEBHOOK_HEADERS},
            "messages": streamed | live | delivered,
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


_STREAMED = tuple(item for item in PARAMETERS if not item.pull_only)


def _servers() -> dict[str, Any]:
    fields = {field.name: field.default for field in msgspec.structs.fields(Settings)}
    variables = {
        "host": {"default": str(fields["http_host"]), "description": "The setting http_host, or a proxy's name"},
        "port": {"default": str(fields["http_port"]), "description": "The setting http_port"},
    }
    security = [{"$ref": "#/components/securitySchemes/token"}]
    return {
        protocol: {"host": "{host}:{port}", "protocol": protocol, "variables": variables, "security": security}
        for protocol in ("http", "ws")
    }


def _channel(address: str, says: str, protocol: str, carried: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "address": address,
        "title": says,
        "servers": [{"$ref": f"#/servers/{protocol}"}],
        "messages": _references(carried),
    }


def _references(carried: Mapping[str, Any]) -> dict[str, Any]:
    return {name: {"$ref": HERE + name} for name in carried}


def _sends(channel: str, carried: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "action": "send",
        "channel": {"$ref": f"#/channels/{channel}"},
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in carried],
    }


def _asked_by_get(query: Schema | None) -> dict[str, Any]:
    binding = {"method": "GET", "bindingVersion": "0.3.0"} | ({"query": query} if query else {})
    return {"bindings": {"http": binding}}


def _query(parameters: tuple[Parameter, ...]) -> Schema:
    """The parameters of an address, as the schema of an object."""
    properties = {
        item.name: TEXT | {"description": item.says} | ({"enum": list(item.choices)} if item.choices else {})
        for item in parameters
    }
    return {"type": "object", "properties": properties}
