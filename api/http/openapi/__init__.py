"""The description of this interface for programs, OpenAPI 3.1: `document` assembles it, a file a family fills it."""

from api.http.openapi.document import DOCUMENT, document

__all__ = ["DOCUMENT", "document"]
