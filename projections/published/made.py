"""Making one notice of a switch event, and the few ways in which header values are read: pure."""

from collections.abc import Iterable

import msgspec

from core import numbers
from core.event import SwitchEvent
from core.tenancy import company_of
from projections.callflow.audience import with_domain
from projections.callflow.document import instant_text
from projections.published.notice import Notice, event_id

_LARGEST = (1 << 53) - 1
"""beyond this, readers of JSON begin to round"""


def made(
    event: SwitchEvent,
    kind: str,
    subject: str,
    data: msgspec.Struct,
    *,
    tenant: str | None = None,
    parties: Iterable[str | None] = (),
    queues: Iterable[str | None] = (),
    users: Iterable[str | None] = (),
    call_id: str | None = None,
) -> Notice:
    """The notice; names are given as the event has them, and stand in the notice with and without domain.

    `users` are those of the parties who may see it as theirs, by their full names alone.
    """
    theirs = tuple(dict.fromkeys(user for user in users if user and "@" in user))
    return Notice(
        event_id=event_id(event, kind),
        type=kind,
        subject=subject,
        tenant=tenant,
        occurred_at=event.occurred_at,
        position=event.position,
        call_id=call_id,
        parties=_known_as((*parties, *theirs)),
        users=theirs,
        queues=_known_as(queues),
        data=data,
    )


def _known_as(names: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(form for name in names if name for form in with_domain(name, None)))


def domain(*names: str | None) -> str | None:
    """The domain of the first of these that has one (`support@alpha.example`); an address is no domain."""
    return company_of(*(name for name in names if "@" in (name or "")))


def number(value: str | None) -> int | None:
    """A whole number, None for anything else."""
    return numbers.number(value, _LARGEST)


def instant(value: str | None) -> str | None:
    """Microseconds since 1970 as text."""
    found = numbers.instant(value)
    return None if found is None else instant_text(found)


def seconds(start: str | None, end: str | None) -> float | None:
    """Between two instants, given in whole seconds; None where one is missing, or they are the wrong way round."""
    first, last = number(start), number(end)
    return float(last - first) if first and last and last >= first else None
