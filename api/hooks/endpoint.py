"""A webhook as a value: what may be asked of one, what is told of one, and whether that is in order. No database."""

from datetime import datetime
from typing import Annotated, Any, Literal, get_args
from uuid import UUID

import msgspec

from api.errors import BadArgument
from projections.callflow.document import Direction
from projections.published.filter import EventFilter

State = Literal["enabled", "disabled"]
LONGEST_TEXT = 200
MOST_TYPES = 100
_TEXT = {"pattern": "^[^\\u0000]*$"}
Words = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT, extra_json_schema=_TEXT)]
Name = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT, extra_json_schema=_TEXT | {"minLength": 1})]
Type = Annotated[str, msgspec.Meta(max_length=LONGEST_TEXT, extra_json_schema={"format": "event-type"})]
Url = Annotated[str, msgspec.Meta(extra_json_schema={"format": "webhook-url"}, examples=["https://example.com/calls"])]
Place = Annotated[str, msgspec.Meta(extra_json_schema={"format": "cursor"})]
"""beyond the type, this is said to readers of the description only: what is wrong is told in sentences further down"""


class NewWebhook(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is asked for when a webhook is made."""

    url: Url
    description: Words = ""
    types: list[Type] = []
    """exact types or beginnings such as call.*; none: all"""
    call: Name | None = None
    party: Name | None = None
    queue: Name | None = None
    direction: Direction | None = None
    tenant: Words | None = None
    """for the installation's own tokens only: whose events, and who sees it"""
    after: Place = "now"
    """begin behind this: now, beginning, a cursor, or a time"""


class WebhookChange(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be different; what is left out stays. null takes a condition of the filter away."""

    url: Url | msgspec.UnsetType = msgspec.UNSET
    description: Words | msgspec.UnsetType = msgspec.UNSET
    types: list[Type] | msgspec.UnsetType = msgspec.UNSET
    call: Name | msgspec.UnsetType | None = msgspec.UNSET
    party: Name | msgspec.UnsetType | None = msgspec.UNSET
    queue: Name | msgspec.UnsetType | None = msgspec.UNSET
    direction: Direction | msgspec.UnsetType | None = msgspec.UNSET
    state: State | msgspec.UnsetType = msgspec.UNSET
    after: Place | msgspec.UnsetType = msgspec.UNSET
    """go on behind this: now, beginning, a cursor, or a time; what was planned before is not planned again"""

    def columns(self) -> dict[str, Any]:
        """The columns that change, but for the state and the place to go on from."""
        given = {name: getattr(self, name) for name in COLUMNS}
        return {name: value for name, value in given.items() if value is not msgspec.UNSET}


COLUMNS = ("url", "description", "types", "call", "party", "queue", "direction")


class Webhook(msgspec.Struct, frozen=True, kw_only=True):
    """A webhook as it is shown; its secret is not."""

    id: UUID
    tenant: str | None
    """whose it is, and whose events it gets; null: of the installation, and everybody's"""
    url: str
    description: str
    types: list[str]
    call: str | None
    party: str | None
    queue: str | None
    direction: Direction | None
    state: State
    reason: str | None
    """why it is disabled"""
    failing_since: datetime | None
    """the first failure since the last success"""
    made_at: datetime
    made_by: str | None
    """the name of who made it; null: made before this was kept"""
    changed_at: datetime
    old_secret_until: datetime | None
    """until then messages are signed with a former secret as well"""
    pending: int
    dead: int

    @property
    def filter(self) -> EventFilter:
        return filter_of(self)


def filter_of(given: Any) -> EventFilter:
    """The filter of anything that has its fields; raises `BadArgument` and `BadFilter`."""
    for name in ("call", "party", "queue"):
        if getattr(given, name) == "":
            raise BadArgument(f"{name} is empty: leave it out, or say which.")
    if len(given.types) > MOST_TYPES or "" in given.types:
        raise BadArgument(f"types: give at most {MOST_TYPES} names, none of them empty.")
    if given.direction is not None and given.direction not in get_args(Direction):
        raise BadArgument(f"direction: there is no {given.direction!r}, only {', '.join(get_args(Direction))}.")
    return EventFilter(
        types=tuple(given.types),
        call=given.call,
        party=given.party,
        queue=given.queue,
        direction=given.direction,
        tenant=given.tenant,
    )


def without_nul(given: msgspec.Struct) -> None:
    """Raise `BadArgument` for a NUL somewhere in the texts."""
    if "\\u0000" in msgspec.json.encode(given).decode():
        raise BadArgument("A text holds a NUL, which nothing that is stored has.")
