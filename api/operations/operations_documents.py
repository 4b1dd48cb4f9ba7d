"""A deed of an operator as a document for programs, the same from the command line and over HTTP."""

from typing import Any

from core.log.operations import Operation
from projections.callflow.document import instant_text


def document(one: Operation) -> dict[str, Any]:
    return {
        "position": one.position,
        "at": instant_text(one.at),
        "action": one.action,
        "by": one.by,
        "subject": one.subject,
        "reason": one.reason,
        "tenant": one.tenant,
        "details": one.details,
    }
