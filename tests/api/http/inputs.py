"""What stands for the formats of ours when the description is tried: schemathesis loads this module as its hooks."""

import re
from contextlib import suppress
from typing import Any
from uuid import uuid4

import schemathesis
from hypothesis import strategies as st

from projections.query.filters import cursor_of

FORMATS = {
    "moment": ["2026-11-23T08:51:00Z", "2026-11-23", "2026-11-23T09:51:00+01:00", "today", "2h"],
    "time-zone": ["Europe/Berlin", "UTC", "America/New_York"],
    "page": [cursor_of(1_795_423_876_818_426, "5ab3839f-cd3e-404b-8c62-000000000001")],
    "event-types": ["call.*", "call.answered,queue.*", "*"],
    "event-type": ["call.*", "call.answered", "*"],
    "webhook-url": ["https://example.com/calls", "https://example.com:8443/a?b=c"],
    "caller-name": ["Büro (2)", "Alice"],
    "message-text": ["Call Zoë\n\tback, {now}", "x"],
    "cursor": ["beginning", "now", "2026-11-23T08:51:00Z"],
}
for name, values in FORMATS.items():
    schemathesis.openapi.format(name, st.sampled_from(values))


@schemathesis.hook
def before_call(context: Any, case: Any, kwargs: Any) -> None:
    """What no schema of one parameter can say, or would take too long.

    The raw switch log has types of its own, and neither parties nor queues nor directions; nobody waits here. A key
    stands for one request only.
    """
    key = (case.headers or {}).get("Idempotency-Key")
    if isinstance(key, str) and re.fullmatch(r"[!-~]{1,255}", key):
        case.headers["Idempotency-Key"] = uuid4().hex
    tried = getattr(getattr(case.meta, "phase", None), "data", None)
    if str(getattr(tried, "parameter", "")).lower() == "authorization":  # without it: it would be added by -H
        for headers in (kwargs.get("headers"), case.headers):
            (headers or {}).pop("Authorization", None)
    query = case.query or {}
    if query.get("log") == "switch":
        for name in ("types", "party", "queue", "direction"):
            query.pop(name, None)
    with suppress(ValueError, TypeError):
        if 0 < float(query.get("wait", 0)) <= 30:
            query["wait"] = 0.01
