"""The description of this interface for programs, OpenAPI 3.1, made of the records of endpoints."""

from typing import Any


def document() -> dict[str, Any]:
    """The whole document."""
    from api.http.endpoints.families import FAMILIES  # they are described with the parts that lie here
    from api.http.openapi.builder import described

    return described(FAMILIES)


__all__ = ["document"]
