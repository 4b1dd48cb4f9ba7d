"""Webhooks: the routes under /v1/webhooks, and the message that a receiver gets."""

from typing import Any

from api.hooks.deliveries import MOST, OUTCOMES, Attempt, Delivery, DeliveryTold, Resend
from api.hooks.endpoint import NewWebhook, Webhook, WebhookChange
from api.http.hooks import Rotation, WebhookWithSecret
from api.http.openapi.parts import (
    MOMENT,
    PROBLEM,
    REFUSED,
    WITHOUT_NUL,
    Schema,
    answer,
    body,
    get,
    listed,
    of_structs,
    operation,
    path_part,
    query,
    record,
    ref,
)

_ONE = "/v1/webhooks/{webhook_id}"
_ID = path_part("webhook_id", "the id of a webhook", {"type": "string", "format": "uuid"})
_REFUSED: Schema = {"403": PROBLEM} | REFUSED
_MISSING: Schema = {"404": PROBLEM} | _REFUSED
_WRONG: Schema = {"400": PROBLEM} | _MISSING
_COUNT: Schema = {"type": "integer"}


def paths() -> dict[str, Any]:
    webhook, with_secret = ref("Webhook"), ref("WebhookWithSecret")
    page = record(
        ["deliveries", "next"],
        deliveries=listed(ref("Delivery")),
        next={"type": ["integer", "null"], "description": "`before` of the next page; null on the last"},
    )
    return {
        "/v1/webhooks": get(
            "webhooks",
            "The webhooks of the company, the oldest first",
            {"200": answer("They", record(["webhooks"], webhooks=listed(webhook)))} | _REFUSED,
        )
        | operation(
            "post",
            "webhook-create",
            "Make a webhook; its secret is in this answer and nowhere else",
            {"201": answer("It is made", with_secret), "400": PROBLEM, "409": PROBLEM, "500": PROBLEM} | _REFUSED,
            sends=body(ref("NewWebhook")),
        ),
        _ONE: get("webhook", "One webhook", {"200": answer("It", webhook)} | _MISSING, [_ID])
        | operation(
            "patch",
            "webhook-change",
            "Change a webhook; what is left out stays. Enabled again, it goes on where it was disabled",
            {"200": answer("As it is now", webhook)} | _WRONG,
            [_ID],
            body(ref("WebhookChange")),
        )
        | operation(
            "delete",
            "webhook-delete",
            "Remove a webhook with all that was still to be sent to it",
            {"204": answer("It is gone")} | _MISSING,
            [_ID],
        ),
        f"{_ONE}/rotate": operation(
            "post",
            "webhook-rotate",
            "Make a new secret; the former one signs as well for a while",
            {"200": answer("It is made", with_secret), "500": PROBLEM} | _WRONG,
            [_ID],
            body(ref("Rotation"), required=False),
        ),
        f"{_ONE}/test": operation(
            "post",
            "webhook-test",
            "Send a test event (type webhook.test)",
            {"202": answer("It is planned", record(["delivery"], delivery=_COUNT))} | _MISSING,
            [_ID],
        ),
        f"{_ONE}/resend": operation(
            "post",
            "webhook-resend",
            "Send deliveries again: by ids, by ids of events, or by when they were planned",
            {"202": answer("They are planned", record(["events"], events=_COUNT))} | _WRONG,
            [_ID],
            body(ref("Resend")),
        ),
        f"{_ONE}/deliveries": get(
            "webhook-deliveries",
            "Deliveries, the newest first",
            {"200": answer("A page", page)} | _WRONG,
            [
                _ID,
                query("state", "only these", {"enum": list(OUTCOMES)}),
                query("since", "planned at or after this time", MOMENT),
                query("until", "planned before this time", MOMENT),
                query("limit", "deliveries a page", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 100}),
                query("before", "`next` of the page before", {"type": "integer", "minimum": 1, "maximum": 1 << 62}),
            ],
        ),
        f"{_ONE}/deliveries/{{delivery_id}}": get(
            "webhook-delivery",
            "One delivery with every attempt",
            {"200": answer("It", ref("DeliveryTold"))} | _MISSING,
            [_ID, path_part("delivery_id", "the id of a delivery", {"type": "integer", "minimum": 1})],
        ),
    }


def schemas() -> dict[str, Any]:
    described = of_structs(
        Webhook,
        NewWebhook,
        WebhookChange,
        WebhookWithSecret,
        Rotation,
        Delivery,
        Attempt,
        DeliveryTold,
        Resend,
    )
    again = described["Resend"]
    named: dict[str, Schema] = {
        "deliveries": listed({"type": "integer", "minimum": 1, "maximum": (1 << 62) - 1}),
        "events": listed({"type": "string"} | WITHOUT_NUL),
        "since": {"type": "string", "format": "date-time"},
        "until": {"type": "string", "format": "date-time"},
    }
    again["properties"] |= {name: {"anyOf": [schema, {"type": "null"}]} for name, schema in named.items()}
    there = {"array": {"type": "array", "minItems": 1}, "string": {"type": "string"}}
    again["anyOf"] = [
        {"required": [name], "properties": {name: there[schema["type"]]}} for name, schema in named.items()
    ]
    return described
