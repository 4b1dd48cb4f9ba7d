"""Answers of handlers: JSON, and whose data is in it."""

from collections.abc import Iterable, Mapping

import msgspec
from starlette.responses import Response

ALL: frozenset[str | None] = frozenset({None})
"""of all companies: what is recorded of an operator's look when an answer does not say whose it was"""


class Answer(Response):
    """Content that is encoded already. `tenants` are the companies whose data it holds; None stands for all of them."""

    media_type = "application/json"

    def __init__(
        self,
        content: bytes | str,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        media_type: str | None = None,
        *,
        tenants: Iterable[str | None] = ALL,
    ) -> None:
        super().__init__(content, status, headers, media_type)
        self.tenants = frozenset(tenants)


def encoded(
    value: object,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    *,
    tenants: Iterable[str | None] = ALL,
) -> Answer:
    """A value as JSON."""
    return Answer(msgspec.json.encode(value), status, headers, tenants=tenants)
