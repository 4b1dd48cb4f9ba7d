"""Webhooks: the routes under /v1/webhooks, and the message that a receiver gets."""

from typing import Any

from api.access.principal import COMPANY
from api.hooks.deliveries import MOST, OUTCOMES, Attempt, Delivery, DeliveryTold, Resend
from api.hooks.endpoint import NewWebhook, Webhook, WebhookChange
from api.http import hooks
from api.http.endpoint import Endpoint, Family, Takes
from api.http.hooks import Rotation, WebhookWithSecret
from api.http.openapi.parts import (
    MOMENT,
    WITHOUT_NUL,
    Schema,
    answer,
    listed,
    of_structs,
    path_part,
    query,
    record,
    ref,
)

_ONE = "/v1/webhooks/{webhook_id}"
_ID = path_part("webhook_id", "the id of a webhook", {"type": "string", "format": "uuid"})
_COUNT: Schema = {"type": "integer"}
_WITH_SECRET = answer("It is made", ref("WebhookWithSecret"))
_PAGE = record(
    ["deliveries", "next"],
    deliveries=listed(ref("Delivery")),
    next={"type": ["integer", "null"], "description": "`before` of the next page; null on the last"},
)


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
    # Each choice is whole: generators of clients make a type of it, and would know no fields that stand outside.
    there: dict[str, Schema] = {"array": {"minItems": 1}, "string": {}}
    described["Resend"] = {
        "title": "Resend",
        "description": again["description"],
        "anyOf": [
            again
            | {"title": f"ResendBy{name.capitalize()}", "required": [name]}
            | {"properties": again["properties"] | {name: schema | there[schema["type"]]}}
            for name, schema in named.items()
        ],
    }
    return described


FAMILY = Family(
    "webhooks",
    "Webhooks: made, read, changed, removed; their deliveries",
    (
        Endpoint(
            name="webhooks_list",
            method="get",
            path="/v1/webhooks",
            says="The webhooks of the company, the oldest first",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.listing,
            answers={"200": answer("They", record(["webhooks"], webhooks=listed(ref("Webhook"))))},
            shows="companies",
        ),
        Endpoint(
            name="webhooks_create",
            method="post",
            path="/v1/webhooks",
            says="Make a webhook; its secret is in this answer and nowhere else",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.create,
            body=Takes(kind=NewWebhook),
            answers={"201": _WITH_SECRET},
            problems=(404, 409, 500),
        ),
        Endpoint(
            name="webhooks_get",
            method="get",
            path=_ONE,
            says="One webhook",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.one,
            parameters=(_ID,),
            answers={"200": answer("It", ref("Webhook"))},
            problems=(404,),
            shows="companies",
        ),
        Endpoint(
            name="webhooks_change",
            method="patch",
            path=_ONE,
            says="Change a webhook; what is left out stays. Enabled again, it goes on where it was disabled",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.change,
            parameters=(_ID,),
            body=Takes(kind=WebhookChange),
            answers={"200": answer("As it is now", ref("Webhook"))},
            problems=(404,),
        ),
        Endpoint(
            name="webhooks_delete",
            method="delete",
            path=_ONE,
            says="Remove a webhook with all that was still to be sent to it",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.delete,
            parameters=(_ID,),
            answers={"204": answer("It is gone")},
            problems=(404,),
        ),
        Endpoint(
            name="webhooks_rotate",
            method="post",
            path=f"{_ONE}/rotate",
            says="Make a new secret; the former one signs as well for a while",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.rotate,
            parameters=(_ID,),
            body=Takes(kind=Rotation, optional=True),
            answers={"200": _WITH_SECRET},
            problems=(404, 500),
        ),
        Endpoint(
            name="webhooks_test",
            method="post",
            path=f"{_ONE}/test",
            says="Send a test event (type webhook.test)",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.test,
            parameters=(_ID,),
            answers={"202": answer("It is planned", record(["delivery"], delivery=_COUNT))},
            problems=(404,),
        ),
        Endpoint(
            name="webhooks_resend",
            method="post",
            path=f"{_ONE}/resend",
            says="Send deliveries again: by ids, by ids of events, or by when they were planned",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.resend,
            parameters=(_ID,),
            body=Takes(kind=Resend),
            answers={"202": answer("They are planned", record(["events"], events=_COUNT))},
            problems=(404,),
        ),
        Endpoint(
            name="webhooks_deliveries",
            method="get",
            path=f"{_ONE}/deliveries",
            says="Deliveries, the newest first",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.listed,
            parameters=(
                _ID,
                query("state", "only these", {"enum": list(OUTCOMES)}),
                query("since", "planned at or after this time", MOMENT),
                query("until", "planned before this time", MOMENT),
                query("limit", "deliveries a page", {"type": "integer", "minimum": 1, "maximum": MOST, "default": 100}),
                query("before", "`next` of the page before", {"type": "integer", "minimum": 1, "maximum": 1 << 62}),
            ),
            answers={"200": answer("A page", _PAGE)},
            problems=(404,),
        ),
        Endpoint(
            name="webhooks_delivery",
            method="get",
            path=f"{_ONE}/deliveries/{{delivery_id}}",
            says="One delivery with every attempt",
            scope="subscribe",
            roles=COMPANY,
            handler=hooks.told,
            parameters=(_ID, path_part("delivery_id", "the id of a delivery", {"type": "integer", "minimum": 1})),
            answers={"200": answer("It", ref("DeliveryTold"))},
            problems=(404,),
        ),
    ),
    schemas,
)
